"""Component files: signed addresses, upload, download, thumbnails and encoding (wire: files).

:mod:`.signing` makes addresses that need no credentials, :mod:`.store` keeps the bytes,
:mod:`.uploads` knows what may be uploaded, :mod:`.actions` are the operations of the API,
:mod:`.routes` serves HTTP, :mod:`.images` scales pictures and :mod:`.encoding` runs `encode_media` jobs.
"""
