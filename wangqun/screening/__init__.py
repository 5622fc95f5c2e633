"""内容检查: what a machine can see before people sign: secrets, personal data, sources, links."""
