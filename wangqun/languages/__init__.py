"""多语言: traditional Chinese by conversion, written translations, names of pages in other languages. 依据：沪15。"""
