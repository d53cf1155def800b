"""Reports as documents: the same sections as a page, a PDF, a workbook."""
