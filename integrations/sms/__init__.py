"""Text messages: whichever gateway the hospital has bought, behind one small HTTP contract."""
