"""Traditional Chinese as official texts write it: what OpenCC's own spelling needs to become that.

OpenCC's `s2t` keeps the words (信息 stays 信息, not 資訊) and tells 皇后 from 以後. It spells some characters as no reader
does: where Taiwan's or Hong Kong's standard agrees with the State Council's table (《通用规范汉字表》附件1, 国发〔2013〕23号)
against it, the table's form is taken. Words that its dictionary lacks or misreads stand below.
"""

FORMS = str.maketrans("爲衆麪羣峯牀祕纔癡覈蔘菸", "為眾麵群峰床秘才痴核參煙")

# Simplified -> traditional, as many characters on both sides. The office's own list comes before these.
WORDS = {
    "复议": "復議",
    "复苏": "復蘇",
    "征程": "征程",
    "家具": "家具",
    "胡同": "胡同",
}
