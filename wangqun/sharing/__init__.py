"""信息报送: an article of one site submitted to a column of another; what the press was given."""
