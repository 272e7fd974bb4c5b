"""HTML as a document that an office program opens. Knows no study and no table of ours.

    from mothers_margins.documents.word import word
    word("<h1>Title</h1><p>Text</p>", Path("page.docx"), "Title")

Nothing is written but the finished file, and nothing is asked of a network.
"""
