"""The pytest plugin of ftrack-typed: a local ftrack server and a session in any test.

A package of its own because it joins what otherwise does not know each other: the local server and
the client. pytest loads it wherever the distribution is installed, so importing it costs next to nothing.
"""
