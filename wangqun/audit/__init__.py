"""操作日志: the hash-chained log of every act; record() is its only door."""
