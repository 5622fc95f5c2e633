"""栏目责任: columns, who is responsible for each on which day, and how often each must be updated."""
