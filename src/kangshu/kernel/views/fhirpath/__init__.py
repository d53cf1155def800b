"""FHIRPath as views use it: text becomes a frozen tree. https://hl7.org/fhirpath/N1/"""
