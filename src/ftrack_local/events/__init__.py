"""The event server: socket.io 0.9 on the same port as the API (wire: event server).

:mod:`.expressions`, :mod:`.packets` and :mod:`.envelope` are pure; :mod:`.hub` decides who gets what;
:mod:`.routes` speaks HTTP and websocket; :mod:`.journal` and :mod:`.updates` turn committed changes
into `ftrack.update` events.
"""
