"""Drop-in replacements for ``keras.export.ExportArchive`` and ``Model.export``, which use specc's writer."""
