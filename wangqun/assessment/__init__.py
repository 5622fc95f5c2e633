"""考核: scores as queries over facts, frozen when a month is closed."""
