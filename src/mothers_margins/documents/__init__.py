"""HTML as a document that an office program opens. Knows no study and no table of ours."""
