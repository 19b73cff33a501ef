"""Static checks of an archive: whether its graph, contract and files hold what a document promises."""
