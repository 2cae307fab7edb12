## 采集值

error-item-unknown = 没有这个采集项。请更新规则后再试。
error-item-wrong-subject = 这个采集项不适用于该主体。请检查主体的类别。
error-value-out-of-range = 数值应在 { $min } 到 { $max } 之间。请核对后重填。
    .plain = 数值超出合理范围。请核对后重填。
error-value-wrong-unit = 请以“{ $unit }”为单位填写整数。
    .plain = 单位不对，或换算后不是整数。请换一个单位填写。
error-value-wrong-type = 这里填写的内容类型不对。请按提示填数字或文字。
error-value-not-a-choice = 请从这些选项中选择：{ $choices }。
    .plain = 这不是可选的内容。请从列表中选择。
error-value-bad-day = 日期读不懂。请写成 2026-05-01。
error-value-missing = 这一项必须填写。请补填；确实问不到时注明“未知”。
error-consent-missing = 这一项需要本人同意。请先征得同意，或者不填。
error-consent-ended = 同意已到期或已撤回。需要继续时请重新征得同意。
error-subject-alike = 本机已有与它相似的农牧户。请先逐户核对：是同一户就打开，不是就写明理由再登记。
error-person-name = 姓名里有不能登记的字符（如表情符号）。请按身份证填写。
error-person-id-number = 身份证号码有误。请对照证件逐位核对。
error-entity-credit-code = 统一社会信用代码有误。请对照证照逐位核对。
error-collective-credit-code = 这不是集体经济组织自己的登记证号（应以 N 开头），可能填成了村委会的。请对照登记证重填。
error-division-code = 区划代码不对，应为 6、9 或 12 位数字。请核对。
error-division-succession = 区划变更有误：不能变更为自身或不同级别的区划，同一天不能循环变更，也不能整体并入两个区划。请按批准文件逐条核对。
error-division-ended = 该区划在这一天已撤销。请填写变更后的区划代码。
error-division-not-yet = 区划变更尚未生效。请在生效日当天或之后录入。
error-division-unknown = 区划表里没有这个地方。请先更新区划表。
error-observation-out-of-time = 日期在将来，或早于本期采集时间。请改正日期。
error-date-unclear = 设备时钟不对，无法确认记录的日期，而该户在此期间迁移过或同意在此期间到期。数据已保留，由审核员核对日期后处理。
error-seal-unsigned = 还缺第二个签名。请第二名采集员签名后再封存。
error-seal-key-ended = 第二名采集员签名所用的设备后来已停用或冻结。走访数据已保留，由审核员向该采集员核实后处理。
error-seal-same-officer = 两个签名是同一个人。请由另一名采集员签名。

## 规则

error-rules-syntax = 规则文件读不通。请检查 TOML 或 JSON 的写法。
error-rules-unknown-key = 规则里有系统不认识的键。请检查拼写，或者删去。
error-rules-missing-key = 规则缺少必要的键。请补上。
error-rules-bad-value = 规则里有一个值读不懂。请检查它的类型和写法。
error-rules-float = 小数请加引号写成文字，例如 "22.66"。
error-rules-weights = 权重合计应为 100。请调整权重。
error-rules-bands = 分档有重叠或空缺。请让各档首尾相接。
error-rules-forbidden-field = 这一项法律不许用来评分。请从规则中删去。
error-rules-missing-text = 有一条理由缺少一种文字。请补齐汉文、蒙古文和英文。
error-rules-unknown-name = 规则里有系统不认识的指标、采集项或代码。请检查名称。
error-rules-state = 该文件不是待启用的提案：它已经启用或已被撤回。请查看规则文件列表。
error-rules-shadow = 启用前须完成影子运行和迁移矩阵，且运行时的现行规则未变。请对该文件重新运行影子运行，完成后再启用。
error-rules-impact = 启用规则须填写个人信息保护影响评估的文号（不超过200字）。
error-rules-overlap = { $file }（{ $hash }，{ $from } 起）在相同日期适用于相同主体。请指明它被本文件替代（本文件须晚于其生效日开始并覆盖其全部主体），或调整有效期。
    .plain = 有效期与现行规则重叠。请指明被替代的文件，或调整有效期。
error-rules-days = 生效日期 { $from } 早于今天 { $today }：规则不溯及既往。请改用今天或以后的生效日期，重新提交。
    .plain = 生效日期早于今天：规则不溯及既往。
error-rules-not-empty = 首次配置只适用于尚无评定现状的空服务器。请由两人按提案、影子运行、启用的程序更换规则。
error-pack-unknown = 这套规则还没有装入。请先导入规则包。
error-parameters-unknown = 当日没有有效的参数表。请先导入。

## 同步的数据

error-envelope-malformed = 这份数据读不通。原件已保留，请联系管理员。
error-envelope-too-large = 这份数据太大。请分几部分封存后再同步。
error-envelope-signature = 签名与设备不符。数据请勿删除，并联系管理员核查设备。
error-envelope-foreign-device = 这份数据属于另一台设备。请用原设备同步。
error-envelope-foreign-officer = 这名采集员没有登记使用这台设备。请联系管理员登记。
error-envelope-gap = 前面还有数据没有到，这一份先等待。继续同步即可。
error-envelope-fork = 同一位置已有另一份数据，两份都已保留。请联系管理员核查。
error-envelope-unknown-dep = 它依据的数据还没有收到。请再同步一次。
error-envelope-start-op = 数据的序号接不上。请更新应用后再同步，数据不会丢失。
error-envelope-blocked = 它依据的数据正在核查，这一份暂不采用。核查后自动处理。
error-media-too-large = 图片太大（最多 4 MB、5000 万像素）。请降低分辨率后重拍。
error-media-not-picture = 这不是 JPEG 或 PNG 图片。请重新拍照，或把扫描件存为图片。
error-media-unknown = 服务器上还没有提到这张图片的记录。请先同步记录，图片随后上传。
error-media-differs = 图片在途中损坏，会自动重新上传，不用处理。
error-bundle-malformed = 这个文件不能完整读取。已读到的部分保留；请重新拷贝后再读一次。
error-bundle-foreign = 这个文件属于另一台服务器或另一台设备。请核对来源。
error-bundle-key-gone = 这个文件是用服务器已停用的密钥封存的，该密钥已过保存期。设备上的记录没有丢失：请让设备联网同步一次，或重新写出文件再读。
error-log-forked = 服务器的日志与它以前签过的不是同一段历史。请保管好本设备并告知审计员：历史可能被人改动。
error-log-went-back = 服务器的日志比以前短。如果没有恢复过备份，请告知审计员。
error-log-unsigned = 服务器给出的日志状态没有它的签名。请保管好本设备并告知审计员：历史可能被人改动。
error-answer-unsigned = 收到的答复不是服务器对本次请求签发的，设备没有据此改动任何内容，记录都在。请换一个网络再同步；若仍如此，请告知管理员。
error-entry-forbidden = 设备不能写这类记录。请由有权限的人员在服务器上办理。
error-entry-not-own = 只能更正或撤回自己的记录。他人的记录请交审核员处理。
error-entry-unknown = 找不到所引用的记录。请先同步再试。
error-scope-outside = 这里不在您负责的区域。需要办理时请联系管理员。
error-subject-unknown = 台账中尚无该主体；已提交的内容会保留，登记后再处理。
error-subject-erased = 该档案已依法删除，不再保存新的数据。
error-quarantine-unknown = 没有这份待核查的数据，或不在您的区划内。请刷新列表。
error-quarantine-decided = 这份数据已经处理过，或所缺的数据已到。请刷新列表。
error-quarantine-firm = 这类问题不能由人工放行。请退回并说明原因，由采集员更正后重新提交。
error-quarantine-full = 这台设备待核查的数据已满，新的数据仍留在设备上，不会丢失。请联系审核员先处理。

## 登录、设备与权限

error-token-missing = 请先登录。设备上的数据都在。
error-token-expired = 登录已过期。请重新登录，数据不会丢失。
error-token-invalid = 登录凭证无效。请重新登录。
error-challenge-invalid = 验证已失效。请重新开始登录。
error-device-revoked = 这台设备已停用。未同步的数据仍可上传，请联系管理员。
error-device-pending = 这台设备已登记，正等待管理员核对指纹。请把屏幕上的六个字给管理员核对。
error-device-fingerprint = 六个字与登记的设备不符，可能有另一台设备用了这个登记码。请不要确认，停用这台设备并重新发码。
error-device-grant-ended = 离线授权已到期，暂不能再录入。已有数据都在，可查看、可上传；联网同步一次后即可继续。
error-device-wiping = 按服务器命令，这台设备上的数据即将清除，不能再录入。已上传的数据都有回执。
error-device-practice = 这是练习数据，不能上传，也不能与真实数据混用。要真正录入，请锁定后登记或解锁。
error-device-unknown = 服务器不认识这台设备。请用登记码登记。
error-enrolment-code = 登记码无效、已用过或已过期。请向管理员要一个新的。
error-enrolment-invitation = 这不是登记邀请。请重新扫描管理员给出的二维码，或手工输入地址和登记码。
error-enrolment-server = 应答的服务器与邀请中的不符。请不要继续，换一个网络重试，并告诉管理员。
error-token-proof = 登录凭证没有设备密钥的证明，或证明已用过。请重新登录，数据不会丢失。
error-policy-not-allowed = 您没有办理这件事的权限。需要时请联系管理员。
error-policy-acted-before = 您已办过这个个案的另一个环节。请由另一位人员办理。
error-policy-conflict-of-interest = 您与当事人有利害关系，应当回避。请由另一位人员办理。
error-policy-second-person = 这一步要由另一个人来做。请由同事确认。

## 流程

error-case-step = 个案现在还不能办这一步。请查看个案进度。
error-case-stale = 个案有了新的变化。请刷新后再办。
error-case-period-open = 公示或告知期到 { $until } 为止。请期满后再办。
    .plain = 公示或告知期还没有结束。请期满后再办。
error-case-objection = 还有没办结的异议。请先办结异议。
error-case-path = AAA、AA、A 级须公示，其余等级须告知本人；异议之后继续原来的期限。请选择相应的步骤。
error-case-override = 人工调整只限一级，不得越过否决和封顶，并须两人签名。请据此修改。
error-case-reason = 这一步要写明理由。请补充。
error-case-dates = 日期的先后不对，或者还没有到期。请核对日期。
error-objection-unknown = 没有这件未办结的异议。请刷新后核对编号。
error-evaluator-unlisted = 这个编号不在本嘎查评议员名册上。请核对编号；确是评议员的，请旗里登记后再同步。
error-group-unlisted = 您不在本嘎查初评组名册上，初评由初评组成员办理。确是成员的，请旗里登记后再同步。
error-ballot-cast = 这位评议员在本机已经评过这一户。请换下一位评议员，或评下一户。
error-objection-known = 这个回执编号的异议已经登记。请查看原来的登记。
error-objection-number = 这个回执编号不属于该设备的号段。请核对回执，由受理窗口重新登记。
error-case-conflict = 有影响等级的不同数值。请先核实，再作选择。
error-case-peer-pending = 民主评议还没有进行。请先组织评议。
error-case-unknown = 没有这个个案。请检查编号。
error-officer-unknown = 人员表里没有这个编号。请核对，或先导入人员表。
error-officer-scope = { $role }最多可负责{ $most }级，此处给到{ $given }级。请改为其实际负责的下级地区，需要多个地区时分行填写。
    .plain = 这个角色给到的地区过大。请改为其实际负责的下级地区，需要多个地区时分行填写。
error-absence-days = 请假起止日期不对、超过一年，或代理人就是本人。请核对后重填。
error-household-parties = 变更前后的户数、文书或者日期不对，或其中一户已经注销。请核对后重填。
error-household-balance = 分配后的牲畜头数与变更前的清点数不符。请按分户文书核对每一种牲畜。
error-interest-unknown = 没有这条有效的利害关系申报。请核对人员、主体和关系。
error-doubt-unknown = 没有这条疑点，或者已经处理。请刷新列表。
error-entity-unlisted = 没有营业执照的家庭农牧场要填名录编码。没有编码的，请按农牧户评定。
error-entity-link = 变更前后的主体、文书或者日期不对：须是两个不同的经营主体或集体经济组织，文书齐全，日期不晚于今天，不能循环承接；只有分立的原主体可以存续。请核对后重填。
error-entity-animals = 这一家的牲畜在农牧户和家庭农牧场两边都计了。请退回其中一边，牲畜只计一次。
error-title-joint = 联合评定只限同一苏木（乡镇）的两个嘎查（村）。请核对区划代码。
error-title-not-small = 两个嘎查的已评户数都够，应单独评定。请撤回联合评定的申请。
error-title-under-way = 有一个嘎查已有自己的称号，或者称号正在办理。请办结以后再申请联合评定。
error-title-not-joint = 这个嘎查没有联合评定。请核对区划代码。
error-conflict-unknown = 这处分歧已经处理，或者不存在。请刷新列表。
error-cycle-closed = 这个年度没有开放。请选择正在开放的年度。
error-register-row = 这一行不符合台账的要求。请改正后重新导入。
error-land-record = 这一行不能成立：请核对起止日期、面积或头数、双方以及编号。
error-land-overlap = 同一编号的合同有效期重叠。请先终止前一份，或按原起始日期更正。
error-land-claimed-twice = 同一块草场有两方主张权利，争议期间双方都不计承载能力。请核对承包和流转合同。
error-land-disputed = 该地块权属有争议，争议期间不计承载能力。争议解决后请更新地块台账。
error-land-lease-cycle = 流转合同首尾相接成环，环内合同不起作用。请核对出租方和承租方。
error-land-sublet-beyond = 出租面积大于可用面积，相关各方在该地块暂不计承载能力。请核对合同面积。
error-land-plot-unknown = 地块台账中没有这一地块，暂按流转合同认定。请补登地块。
error-land-group-misses-count = 联户合同不包含清点日，该户不按联户计算。请核对合同和成员的起止日期。
error-land-two-groups = 同一户同一时间在两个联户组里，这段时间两组都不计入该户。请核对成员的起止日期。
error-land-uncounted = 联户组里有成员还没有清点，其牲畜和草场暂不计入。请安排入户采集。

## 信用记录、名单与措施

error-record-serious = 严重失信只能作为法定名单条目导入，本系统不能录入。请核对信息类别。
error-record-form = 主体类型与评定对象不符。请选择自然人、法人或非法人组织。
error-record-body = 没有写明认定或记录机关。请补填机关全称。
error-record-catalogue-item = 没有写明公共信用信息目录条目。请按目录补填。
error-record-dates = 日期缺失、晚于今天或先后颠倒。请对照文书改正。
error-record-unknown = 没有这条信用记录，或不在您的辖区内。请核对编号。
error-record-step = 这条记录已经修复、撤销或免责，不能再办这一步。请刷新后查看。
error-record-overlap = 同一事项已有一条有效期重叠的记录。请核对后只保留一条。
error-catalogue-version = 目录版本不在已采用的版本之内。请填写现行目录版本。
error-list-version = 名单或清单版本不在已采用的版本之内。请填写现行版本。
error-list-item = 没有写明清单条目。请按清单补填条目。
error-list-basis = 名单没有法律、法规依据。没有依据的名单不能导入。
error-list-body-level = 旗县级以下不得设立名单。请核对认定机关。
error-list-by-import = 这类事实只能由法定名单导入产生，不能直接录入。请使用名单导入。
error-commitment-evidence = 承诺是否履行要有凭证。请填写凭证编号。
error-measure-unknown = 没有这项措施，或不在您的辖区内。请核对编号。
error-measure-step = 这项措施现在不能办这一步。请刷新后查看状态。
error-measure-stale = 这项措施已被别人更新。请刷新后再办。
error-monitoring-quarter = 只能发起本季度或上季度的监测。请检查季度。
error-monitoring-unknown = 没有找到这次季度监测。请先发起监测。
error-warning-unknown = 没有找到这条预警，或不在您的管辖范围。
error-warning-step = 这条预警已经办结。请刷新后查看。
error-warning-stale = 这条预警已被别人更新。请刷新后再办。
error-measure-ground = 今天没有可以作为依据的有效记录。请核对依据。
error-measure-proportion = 措施与失信程度不相当。请选择较轻的措施。

## 表格与导入

error-table-unreadable = 这个文件读不出来。请用表格软件打开，另存为 .xlsx 后再导入。
error-table-old-format = 这是旧的 .xls 格式，或者设了密码。请去掉密码，另存为 .xlsx 后再导入。
error-table-encoding = 文字编码不是 UTF-8 或 GB18030。请另存为 .xlsx，或“CSV UTF-8”后再导入。
error-table-empty = 文件里没有表格。请检查是不是选错了文件或工作表。
error-table-too-large = 文件太大。请去掉图片等内容，或分成几个文件导入。
error-table-too-many-rows = 一次最多导入 { $max } 行。请分成几个文件导入。
    .plain = 行数太多。请分成几个文件导入。
error-table-too-many-columns = 最多读 { $max } 列，后面还有内容。请删去多余的列。
    .plain = 列数太多，最后几列读不到。请删去多余的列。
error-table-head-missing = 缺少“{ $head }”这一列。请对照模板补上表头。
    .plain = 缺少必要的列。请对照模板补上表头。
error-table-head-duplicate = “{ $head }”这一列出现了两次。请只保留一列。
    .plain = 有一列出现了两次。请只保留一列。
error-table-head-unit = “{ $head }”的单位用不了，可以用：{ $units }。请改表头。
    .plain = 表头里的单位用不了。请对照模板改表头。
error-table-merged-head = 表头有合并单元格。请取消合并，让每一列都有自己的表头。
error-table-merged = 单元格合并了，不知道数值属于哪一行。请取消合并，每行都填写。
error-table-formula = 这里是公式。请复制后“选择性粘贴”为数值再导入。
error-table-cell-error = 单元格显示错误（如 #N/A）。请改正后再导入。
error-table-digits-lost = 数字超过 15 位，表格软件已丢掉后面几位。请把这一列设为文本，对照证件重新填写。
error-table-open-quote = 引号没有成对，或者单元格里有换行。请改正，或另存为 .xlsx 后再导入。
error-import-kind = 没有这种导入表。请从模板列表中选择。
error-import-unknown = 没有这一批导入。请检查批次编号。
error-import-state = 这一批已经生效或者已退回。请刷新后查看。
error-import-source = 请写明这张表的来源（单位、文号）。
error-import-repeated = 与第 { $row } 行重复。请只保留一行。
    .plain = 与另一行重复。请只保留一行。
error-import-overlap = 有效期与{ $other }重叠。请改正起止日期。
    .plain = 有效期与已有的记录重叠。请改正起止日期。
error-import-overlap-row = 有效期与第 { $row } 行重叠。请改正起止日期。
    .plain = 有效期与另一行重叠。请改正起止日期。
error-import-contradicts = 与本表第 { $rows } 行互相矛盾，这一行照常导入。请对照合同原件，改正不对的一行后再导入。
    .plain = 与本表另一行互相矛盾，这一行照常导入。请对照合同原件，改正不对的一行后再导入。
error-import-rounded = 面积按整亩登记，不足一亩的部分没有计入。不同意的请核对合同面积。
error-import-unit-doubt = 按表头的单位，这个金额不合常理，可能把万元当成了元，或相反。已照原样导入，请核对后再生效。
error-import-identity = 户编号与身份证号码对不上已有的登记。请核对是不是填错了户或人。
error-import-subject = 这个地方没有这个编号的户或单位。请核对区划代码和编号，或先导入户籍台账。
error-import-days = 起止日期的先后不对。请核对日期。
error-import-forbidden = 法律不许收集这一列，内容没有读入。请从台账中删去。
error-import-ignored = 模板里没有这一列，内容没有读入。需要时请对照模板改表头。

## 金融机构

error-line-unknown = 贵机构没有提交过这份参考额度参数。请核对文件指纹，或者先提交。
error-report-not-found = 没有可以提供的报告。请核对编号和授权。
error-report-purpose = 授权不包括这一用途。请取得该用途的授权。

## 数据交换

error-exchange-manifest = 清单缺失、无法读取或签名不符。请向提供方重新索取。
error-exchange-schema = 数据的结构版本与本程序不同。请用相同版本的程序导入。
error-exchange-keys = 数据由另一套密钥加密，在这里打不开。请使用原服务器的密钥文件。
error-exchange-row = { $table }第 { $row } 行与导出时不同。请向提供方重新索取。
    .plain = 有一行与导出时不同。请向提供方重新索取。
error-exchange-table = { $table }缺失，或行数与清单不符。请向提供方重新索取。
    .plain = 有一张表缺失，或行数与清单不符。请向提供方重新索取。
error-exchange-cell = { $table }第 { $row } 行“{ $column }”不能按对照文件转换。请核对代码、单位和日期格式。
    .plain = 有一格不能按对照文件转换。请核对代码、单位和日期格式。
error-exchange-partial = { $table }不完整，不能恢复数据库。请用完整的导出。
    .plain = 数据不完整，不能恢复数据库。请用完整的导出。
error-exchange-not-empty = 数据库里已有数据。请导入到新建的空数据库。
error-exchange-differs = { $table }重新计算的结果与数据不符，没有导入。请向提供方核实。
    .plain = 重新计算的结果与数据不符，没有导入。请向提供方核实。
error-share-incomplete = 提供数据须写明接收方、来源部门和法定依据。请补充。

## 服务

error-request-malformed = 请求的格式不对。请对照接口说明检查。
error-request-too-large = 请求的内容太大。请分批发送。
error-protocol-version = 应用与服务器的版本不匹配。请更新应用。
error-request-not-found = 没有这个地址。请检查链接。
error-request-too-many = 请求太频繁。请稍后再试。
error-request-key-reused = 这个幂等键已用于另一个请求。请换一个新的键。
error-service-unavailable = 服务暂时不可用。请稍后再试。
error-sync-stopped = 同步已停止。已录入的内容都在，已收到回执的不会重传；再按“同步”就从停下的地方继续。
error-storage-full = 存储空间已满。请清理空间后再试，已保存的数据不受影响。
error-store-locked = 数据已上锁。请输入 PIN 解锁。
error-internal = 系统出了问题，已有记录。请稍后再试，或把编号告诉管理员。

## 贷款台账

error-lender-unknown = 没有这家签约的金融机构。请核对机构编号，或先登记合同。
error-lender-key-invalid = 这不是 PEM 格式的 Ed25519 公钥。请向机构索取 openssl pkey -in client.key -pubout 的输出，切勿索取私钥。
error-lender-key-known = 这把公钥以前已经为本机构或另一机构提交过。请机构重新生成一对密钥。
error-lender-key-unknown = 该机构没有提交过这个指纹的公钥。请与机构告知的 64 位指纹逐位核对；不一致的，停用该公钥并重新索取。
error-lender-person = 这名人员已登记在另一家金融机构。一个人员编号只能属于一家机构。
error-ledger-unknown = 没有这份贷款台账。请检查编号。
error-ledger-state = 这份贷款台账现在不能办这一步：已提交的不再收行，未提交的不能生效。请查看它的状态。
error-ledger-month = 台账月份还没有结束。请在月末之后报送，或核对月份。
error-ledger-unit = 多数金额与所选单位不符，可能把万元当成了元，或相反。请核对单位后重新报送整份台账。
error-ledger-duplicate = 这笔贷款在本月台账中已经出现。请核对借据编号，只保留一行。
error-ledger-dates = 日期的先后不对，或晚于台账月份 { $month }。请核对放款、到期和结清日期。
    .plain = 日期的先后不对，或晚于台账月份。请核对放款、到期和结清日期。
error-ledger-balance = 余额大于贷款金额，或已结清的贷款还有余额。请核对金额、余额和结清日期。
error-ledger-overdue = 逾期天数前后不一致：当月最高不得小于月末，不得超过放款以来的天数，已结清的应为 0。请核对。
error-ledger-own-guarantor = 借款人不能为自己担保。请核对担保人号码。

## 权利（domain.md L-06、L-20至L-23）

error-consent-text = 同意书的文本版本、语言或接收方不对。请选用现行文本，用本人的语言宣读，每家机构和用途只写一次。
error-consent-purpose = 同意书没有选择处理目的，或者选了文本中没有的目的。请逐项宣读目的，只记录本人同意的各项，每项一次。
error-consent-term = 同意期限超过文本允许的 { $days } 天。请缩短期限。
    .plain = 同意期限超过文本允许的天数。请缩短期限。
error-rights-unknown = 没有这项权利请求，或不在您的管辖区划内。请检查编号。
error-rights-answered = 这项请求已经答复或办结。请刷新后查看结果。
error-rights-refusal = 拒绝必须选择法律规定的理由并写明原因。请补充。
error-rights-outcome = 这个处理结果与申请不符，或个案并未变动。请先办理相应步骤，再答复。
error-rights-relatives = 近亲属不能代逝者提出这项请求。请核对请求种类。
error-rights-person = 身份信息里没有这个人。请核对家庭角色。
error-rights-held = 依法应当暂时保存这个主体的信息，现在不能删除。请先由审定人员解除保存。
error-rights-statement = 声明所针对的记录或数值不存在。请从档案中选择。
error-text-forbidden = 写有法律不允许采集的信息（宗教、疾病等），这一格没有导入。请改写后再导入。
