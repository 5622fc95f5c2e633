"""What the demonstration city consists of. Data only; `build` calls the real actions with it.

People's names are made up; the one password serves the demonstration alone and is refused where DEBUG is off.
"""

PASSWORD = "Wangqun-demo-2026"  # noqa: S105 - printed for everybody who tries the demonstration

# code, name, functions
DIVISIONS = [
    ("bgs", "办公室", "综合协调、文电会务、政务公开。"),
    ("xxc", "商务信息处", "商务信息化规划建设，网站群的指导、监督、终审和考核。"),
    ("zcfg", "政策法规处", "起草商务政策，规范性文件合法性审核。"),
    ("scyx", "市场运行和消费促进处", "监测市场运行，组织消费促进活动。"),
    ("ltfz", "流通业发展处", "流通体系建设，商贸服务业管理。"),
    ("wmc", "对外贸易处", "对外贸易促进和进出口管理服务。"),
    ("wzc", "外资管理处", "外商投资促进、服务和投诉协调。"),
    ("dzsw", "电子商务处", "电子商务发展和公共服务平台。"),
    ("xzsp", "行政审批处", "行政许可、备案事项的受理和办理。"),
]
AFFILIATED = [("swxxzx", "石家庄市商务信息中心", "网站群的技术运行和“石家庄商务网”的运营。")]

# user name, name, organisation code, title, roles on everything
OFFICE = [
    ("zhou.duban", "周督办", "xxc", "副处长", ["office_supervisor", "site_administrator"]),
    ("sun.zhuren", "孙主任", "xxc", "处长", ["office_reviewer"]),
    ("qian.fuzhuren", "钱副主任", "xxc", "副主任", ["office_reviewer"]),
    ("zhao.juzhang", "赵局长", "sjzswj", "副局长", ["leader"]),
    ("zheng.shenji", "郑审计", "bgs", "四级调研员", ["auditor"]),
]
# division: head (user name, name), editor (user name, name)
DIVISION_PEOPLE = {
    "bgs": (("bai.zhuren", "白主任"), ("pan.ganshi", "潘干事")),
    "zcfg": (("song.chuzhang", "宋处长"), ("tang.ganshi", "唐干事")),
    "scyx": (("ma.chuzhang", "马处长"), ("xu.ganshi", "许干事")),
    "ltfz": (("he.chuzhang", "贺处长"), ("luo.ganshi", "罗干事")),
    "wmc": (("li.chuzhang", "李处长"), ("wu.ganshi", "吴干事")),
    "wzc": (("feng.chuzhang", "冯处长"), ("deng.ganshi", "邓干事")),
    "dzsw": (("han.chuzhang", "韩处长"), ("cao.ganshi", "曹干事")),
    "xzsp": (("peng.chuzhang", "彭处长"), ("zeng.ganshi", "曾干事")),
    "swxxzx": (("xiao.zhuren", "肖主任"), ("tian.ganshi", "田干事")),
}
# county: (leader), (head of the section), (editor); the others get names from SURNAMES
NAMED_COUNTY_PEOPLE = {
    "正定县": (("chen.juzhang", "陈局长"), ("liu.kezhang", "刘科长"), ("wang.bianji", "王编辑")),
    "藁城区": (("jiang.juzhang", "江局长"), ("gao.kezhang", "高科长"), ("wai.ren", "外人")),
}
SURNAMES = (
    "郭林何宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦"
)

# kind, label of the domain, name, owner code, undertaker code, introduction
NAMED_SITES = [
    ("portal", "portal", "中国石家庄商务", "sjzswj", "xxc", "石家庄市商务局门户网站"),
    ("commerce", "shop", "石家庄商务网", "sjzswj", "swxxzx", "石家庄电子商务公共服务平台"),
    ("fair", "fair", "石家庄网上国际投资贸易洽谈会", "sjzswj", "wzc", "网上投资贸易洽谈"),
    ("window", "window", "石家庄商务之窗", "sjzswj", "ltfz", "各县（市、区）商务形象展示"),
    ("forecast", "weather", "石家庄商务天气预报", "sjzswj", "scyx", "市场运行监测与预报"),
]

# slug, title, kind, page tag type, days, accepts submissions, responsible organisation
PORTAL_COLUMNS = [
    ("gzdt", "工作动态", "news", "工作动态", None, False, "bgs"),
    ("swyw", "商务要闻", "news", "工作动态", None, False, "scyx"),
    ("xqdt", "县区动态", "news", "工作动态", None, True, "xxc"),
    ("tzgg", "通知公告", "other", "通知公告", 60, False, "bgs"),
    ("zcfg", "政策法规", "law", "政策文件", None, False, "zcfg"),
    ("wmyd", "外贸园地", "other", "工作动态", 21, False, "wmc"),
    ("wsfw", "外商服务", "other", "办事服务", 30, False, "wzc"),
    ("blgs", "办理公示", "as_it_changes", "办事服务", None, False, "xzsp"),
    ("jgzn", "机构职能", "as_it_changes", "机构职能", None, False, "bgs"),
]
SITE_COLUMNS = {
    "commerce": [
        ("dsdt", "电商动态", "news", "工作动态", None, "dzsw"),
        ("ptgz", "平台规则", "law", "政策文件", None, "swxxzx"),
    ],
    "fair": [("hzdt", "会展动态", "other", "工作动态", 30, "wzc"), ("tzgg", "通知公告", "other", "通知公告", 60, "wzc")],
    "window": [("xqfc", "县区风采", "other", "图片/视频", 30, "ltfz")],
    "forecast": [("scfx", "市场分析", "other", "数据发布", 14, "scyx")],
}
COUNTY_COLUMNS = [
    ("gzdt", "工作动态", "news", "工作动态", None),
    ("tzgg", "通知公告", "other", "通知公告", 60),
    ("jggk", "机构概况", "as_it_changes", "机构职能", None),
]

# How many articles a county writes in thirteen weeks: one site keeps 沪23 (two a week), two keep 石15 (one a week)
ARTICLES = {"正定县": 26, "鹿泉区": 13, "辛集市": 13, "井陉矿区": 1, "赞皇县": 1, "深泽县": 1, "高邑县": 1}
USUAL_ARTICLES = 3
IDLE = 1

NEWS = [
    (
        "{place}组织商贸企业参加消费促进活动",
        "{place}商务部门组织辖区商贸企业参加消费促进活动，引导企业采取满减、以旧换新等方式让利群众，推动线上线下融合发展。",
    ),
    (
        "{place}召开商贸流通企业座谈会",
        "座谈会听取了企业对市场运行、物流配送、用工保障等方面的意见建议，现场答复并逐项明确了责任科室和办理时限。",
    ),
    (
        "{place}开展加油站安全生产检查",
        "检查组重点查看消防设施、卸油操作、应急预案和值班值守情况，对发现的问题当场提出整改要求，并约定复查日期。",
    ),
    ("{place}电商培训走进乡村", "培训围绕开店流程、产品拍摄、直播销售和售后服务展开，返乡创业人员和合作社负责人参加学习。"),
    ("{place}推进县域商业体系建设", "围绕县城商贸中心、乡镇超市和村级便利店改造，{place}梳理建设项目清单，按月调度进展。"),
    (
        "{place}外贸企业服务日活动举行",
        "活动邀请海关、税务、银行等单位现场办公，就出口退税、信用保险、跨境结算等问题为企业答疑。",
    ),
    ("{place}开展单用途预付卡专项排查", "排查涉及零售、住宿餐饮和居民服务业，督促发卡企业按规定备案，并提醒消费者理性办卡。"),
    ("{place}农产品产销对接会签约", "种植大户、合作社与商超、餐饮企业面对面洽谈，围绕蔬菜、果品、杂粮等达成供货意向。"),
    ("{place}部署节日市场保供工作", "各大商超增加米面油、肉蛋菜等生活必需品储备，商务部门加强价格监测，每日汇总上报。"),
    ("{place}家政服务业提质扩容推进会召开", "会议介绍了家政信用体系建设情况，要求企业规范合同、加强培训，提升服务质量。"),
    ("{place}老旧汽车报废更新政策宣讲进企业", "工作人员讲解补贴范围、申报材料和办理流程，并现场指导群众通过手机提交申请。"),
    ("{place}夜间消费街区启动改造", "改造内容包括照明、公共座椅、垃圾分类设施和无障碍通道，施工期间商户正常营业。"),
    ("{place}跨境电商公共服务中心投入使用", "中心提供通关、仓储、结算等一站式服务，首批企业已办理入驻手续。"),
    ("{place}再生资源回收网点完成规范提升", "按照统一标识、统一计量、统一管理的要求，回收网点完成规范提升，方便居民交售。"),
]
NOTICES = [
    (
        "关于做好{season}商贸领域安全生产工作的通知",
        "各有关单位要落实安全生产主体责任，加强值班值守，发现隐患立即整改，重要情况及时报告。",
    ),
    ("关于组织企业申报商贸流通项目的通知", "请有意向的企业于规定时间内提交申报材料，材料应真实完整，逾期不再受理。"),
    ("关于开展商务领域统计培训的通知", "培训内容为报表制度、填报要求和常见问题，请各单位统计人员按时参加。"),
]
MARKET = ("本周生活必需品市场运行情况", "据监测，本周粮油价格平稳，蔬菜价格略有波动，肉类供应充足，市场总体运行平稳。")
ABOUT = ("机构设置和联系方式", "本局负责本行政区域内商务工作。办公地址、办公时间和联系电话见下表；如有变动，将及时更新。")
