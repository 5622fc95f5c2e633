"""网站群: the registry of sites, their names, domains, marks and life cycle."""
