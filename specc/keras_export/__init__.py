"""In place of ``keras.export.ExportArchive`` and ``Model.export``: their calls, through the writer of every archive."""
