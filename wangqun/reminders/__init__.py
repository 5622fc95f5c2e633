"""提醒督办: numbered reminder slips, receipts, telephone reminders, escalation."""
