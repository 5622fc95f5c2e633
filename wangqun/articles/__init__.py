"""稿件: articles, their sources, pictures and attachments."""
