# 现场核对：数据看起来对不上，采集员再看一次。不阻止封存。
warning-insured-above-declared = 投保的头数比清点的多。请再清点，或核对保单。
warning-births-above-females = 出生数比能繁母畜应有的多。请核对出生数和母畜数。
warning-herd-equation = 期初、出生、购入、出售、死亡和存栏对不上。请逐项核对。
warning-heaping = 各类牲畜的数都是 0 或 5 结尾，像是估计的。请实际清点。
warning-subsidy-area = 草原补奖对应的面积与申报的草场面积相差较大。请核对草场面积和补奖金额。
warning-far-above-quota = 每亩牲畜数远超核定标准。请核对草场面积、流转合同和存栏数。
warning-same-stock-as-before = 各类牲畜的数与上年完全一样。请重新清点。
warning-unexplained-loss = 受灾期间牲畜大量减少，出售和死亡都说明不了。请问清去向，需要再次入户。
warning-far-from-before = 这次入户的位置离上次很远。请确认打开的是这一户。
warning-copied-from-before = 九成以上的数据与上年相同。请逐项重新询问。
warning-outdated-rules = 本机评分规则不是最新的。请联网同步后再测算；已录入的数据不受影响。
warning-doubtful-clock = 本机日期可能不对：早于服务器最近签署的日期，或不在当时开放的年度内。请核对本机时间；可以照常录入和封存，由审核人员确认。
