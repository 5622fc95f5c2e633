"""时钟: deadlines as logs of entries; the due date is computed, never typed."""
