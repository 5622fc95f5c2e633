"""通知: notices to people and organisations, and the channels that carry them."""
