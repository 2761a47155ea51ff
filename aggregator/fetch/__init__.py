"""The network, as a client: conditional GET, address guard, politeness per host, robots.txt.

Nothing else in the program opens a connection. What the answers mean is for other rooms.
"""
