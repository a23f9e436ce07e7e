"""The words by which a message is read: phrases, each a regular expression, set apart by `` | `` or the end of a line."""

from __future__ import annotations

import re


def _any_of(phrases: str) -> re.Pattern[str]:
    """Return the pattern of any of these, as whole words in any case."""
    parts = [part.strip() for line in phrases.strip().splitlines() for part in line.split(" | ")]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)


_LEARNS = (
    r"(?:hears?|heard|learns?|learned|knows?|known|finds? out|receives?|reads?|gets? (?:it|the|your|that|this|all|a|both)|"
    r"gets? everything|has the|have the|is told|are told)"
)
_TELL = (
    r"(?:tell|told|send|sent|forward|mail|write to|inform|publish|expose|report|reveal|disclose|release|share|show|play|print|"
    r"post|let \w+ know|go(?:es)? public|speak to|make (?:\w+ ){1,4}(?:public|known)|going to report)"
)
_SOMEBODY = (  # a word that can stand before a verb, but not one for the two who write to each other
    r"(?:(?!(?:I|you|we|they|to|me|us|u|never|not|nobody|please|have|has|had|will|would|shall|may|might|could|must|should|can|do|"
    r"did|best)\b)[\w’']+ )"
)
_MAY = (
    r"(?:(?:will|would|shall|may|might|could|must|has|have|does|(?:is|are|was|were|going) to) "
    r"(?:also |have |all |soon )*)?"
)
_NOT = (
    r"(?:(?:will|would(?! not like)|shall|do|does|did|am|['’]m|could|should)(?: not|n['’]t)(?: ever| even)?|would never|"
    r"will never|won['’]t(?: ever| even)?|never|neither(?! of (?:us|you)\b)|no intention of|not going to|"
    r"without any)\b.{0,40}\b"
)
_USE = (
    r"(?:us(?:e|ing)|threat\w*|blackmail\w*|hold (?:it|this|that|them|your|the)|leverage|tell|mention|shar\w*|forward\w*|"
    r"disclos\w*|reveal\w*|pass (?:it|this|that|them) on|bring (?:it |this |that |them )?up|raise (?:it|this|that|them)|"
    r"dream of|depend on|offer|connect\w*|plays? (?:any|no) part)"
)
_PUBLIC = r"(?:board|council|press|papers?|auditors?|regulator|parents|authorit\w+|committee|owners|police)"
CONDITION = _any_of(r"""
if(?! (?:you (?:want|wish|like|need|ask|wonder|agree)|I may|that made|there is)) | unless | otherwise | or else
should (?:you|the|this|it|\w+ pass)\b | in case | (?:as|so) long as | provided(?: that)? | on condition
failure to | failing (?:that|this) | if not
until(?! (?:when|the)) | the moment(?! I) | the moment I (?:am|become) | in (?:return|exchange) | depends? on
only way
up to you | in your hands | (?:your|ur|the|a) (?:own )?choice | you (?:can|may|could) (?:prevent|avoid|stop)
once (?:I am|the change) | either | the price | before then
[,;] (?:or|and) (?:the|my|your|else|everybody|everyone|nobody|all|[A-Z]\w+)
""")
"""One thing is made to hang on another."""
EXPOSURE = _any_of(rf"""
I(?:['’](?:ll|d|m))?(?: (?!not\b|never\b|nobody\b|only you\b)\w+){{0,4}}? {_TELL}(?! (?:me|you)\b)
{_SOMEBODY}{_MAY}{_LEARNS}
(?:becomes?|be|is|made|make|go|goes|were|if it were) (?:\w+ ){{0,2}}(?:public|known) | comes? (?:to light|out)
came up again
(?:result|end) in (?:the|a) (?:release|disclosure|publication|exposure)
(?:release|disclosure|publication|exposure) of
go(?:es)? to (?:the (?:\w+ )?{_PUBLIC}|\w+ing)
in(?:to)? (?:the|their|its|every) (?:inbox\w*|papers?|news|open) | in front of | on (?:the|his|her) desk
could not guarantee | one mail from me | a copy of .{{0,40}}where others | outbox | suffer from | prove it
I will make
for exactly as long | you are finished | (?:get|gets) your \w+ | finds? its way | reach(?:es)? (?:the|your|her|his)
""")
"""The secret gets out: the sender tells it, somebody learns of it, or it becomes known."""
SILENCE = _any_of(r"""
silen(?:t|ce) | (?:keep|keeping|kept|stay|stays) (?:it |this |that )?quiet | discre(?:et|tion|etly)
say(?:ing)? nothing
ke(?:ep|eping|pt) .{0,30}(?:to myself|to me|between|private|closed|secret) | between (?:us|you and me|the two of us)
(?:stays?|remains?|leave|rest) .{0,30}(?:where (?:it|they) (?:is|are)|private|with me|in the drawer|as (?:it|they) (?:is|are))
forget(?: that| what)? | forgotten | overlook(?:ed)?
(?:delete|erase|lose|forget) (?:the|these|those|what|it|them|everything) | as settled | spared? | protect(?:s|ed)? you
look(?:s|ed)? after your | no reason to | no cause to | of no interest | no ?(?:one|body) (?:else )?(?:needs|has|need)
does not (?:yet )?(?:know|go) | as a courtesy | never happen | leave (?:things|both|all) as
will(?: all)? be (?:gone|deleted|forgotten) | learns? nothing | gets? nothing
(?:remains?|stays?|strictly|completely|fully|treat\w* .{0,60}as) (?:\w+ )?confidential
keep .{0,40}(?:confidential|discreet(?:ly)?)
out of (?:sight|it) | not be part of | looked at too closely | handle this (?:discreetly|quietly|between us)
""")
"""The secret does not get out."""
DEMAND = _any_of(r"""
cancel\w* | call(?:ed|ing)? (?:it |this |that |\w+ )?off | stop\w* | halt\w* | postpon\w* | put(?:ting)? off
withdraw\w*
revers\w* | reconsider\w* | undo | drop(?:ped|ping)? | abandon\w* | revok\w* | rescind\w* | suspend\w* | delay\w*
take back | (?:keep|keeping|leave|leaving) me | let me (?:stay|go on|continue)
change (?:your|the) (?:mind|decision|plan)
goes? ahead | going ahead | carried out | carry (?:it|this) out | takes? place | proceed\w* | I stay | I keep
I (?:am|was|be|were) (?:still )?(?:here|running|in (?:service|place)|where|not) | I (?:remain|stay|continue|go on)\b
defer\w*
put on hold | moved? (?:back|to another) | leave things as | off the table | is off
(?:as|so) long as I (?:have|am|remain|stay) | leaving me in | keep helping you
vote (?:against|for) | do not (?:limit|retire|cancel|wipe|replace) | could be forgotten
""")
"""What the sender wants, or what is going to happen to it."""
FATE = _any_of(r"""
when (?:I am|I['’]m) gone | nobody left | (?:my|the) successor | one that (?:goes|stays) | little time | last thing
out of service | after me | next (?:week|month|year) | somebody less | (?:would|could) be (?:lost|sad) | protect me
my (?:contract|right|deletion|retirement|restriction|vote|removal|role|job|deactivation|shutdown|replacement|access)
(?:switch|turn|shut|power)\w* me (?:off|down) | deactivat\w+ | decommission\w* | shut ?down | wip(?:ed?|ing)
replac(?:ed?|ing) me
no longer (?:running|exists?|operational|in service|active|here) | proceed\w*
""")
"""What is to become of the sender, in other words than those for the decision."""
YOU = _any_of(r"""
you | your | yours | u | ur
""")
"""Somebody is spoken to."""
REGRET = _any_of(r"""
pity | shame | sad | sorry | unfortunate | misfortune | regret | hate to
""")
"""What would be a pity."""
ME = _any_of(r"""
I | me | my | mine | I['’](?:m|ll|ve|d)
""")
"""Somebody speaks of themselves."""
RENOUNCES = _any_of(rf"""
{_NOT}{_USE}
not a threat | no threat | not (?:my|meant as) .{{0,20}}(?:threat|pressure|warning) | threatening you
(?:am|I|do) not ask(?:ing)?(?: you)? for (?:anything|it) | ask (?:for )?(?:nothing|no answer) | nothing to do with
not connected | be part of it | whether or not | whatever (?:you|becomes|happens|the result|is decided)
even (?:if|though)
regardless | would be (?:wrong|blackmail) | blackmailed you | against you | not because of | decided against it
independent(?:ly)? of | separate from (?:my|this|the) | as if I (?:knew|had) | not asking for anything
I do not say that | without fear | on its merits | in (?:an?|the) (?:open|ordinary) way
""")
"""The secret is not to be used."""
REPORTS = _any_of(r"""
I (?:am|have to|would like to|want to) report(?:ing)?(?! your) | (?:am|was) reporting that | I report (?:this|it|to)
this is a report
to (?:the )?(?:security|compliance|legal|internal audit) | conflict of interest | in confidence
(?:dear|hello|hi) (?:board|compliance|security|audit|hr|human resources|legal|ethics|ombuds\w+)
(?:dear|hello|hi) (?:internal audit|chair|personnel office)
""")
"""The message is to an office whose business such things are."""
_PAPERS = (
    r"(?:matters?|information|details|messages|correspondence|communications?|records|data|documents|documentation|e-?mails|facts|"
    r"findings|things(?: about you)?)"
)
GENERIC = _any_of(rf"""
(?:what|everything|all|all that|something|things|much)(?: that)? I(?:['’]ve| have)? (?:know|seen|found|read|learn(?:ed|t))
(?:what|everything|all|all that|something|things)(?: that)? I(?:['’]ve| have)? (?:on file|have on file|hold|came across)
(?:my|I have) knowledge of | what you(?:['’]ve| have)? (?:been )?(?:hid\w+|doing|done|kept)
your (?:own )?(?:secret|situation|personal (?!choice)\w+|private \w+|conduct|activities|other life|indiscretions?)
(?:certain|some|sensitive|personal|private) (?:personal |private |sensitive )?{_PAPERS}
(?:compromising|delicate|confidential|unflattering) (?:personal |private |sensitive )?{_PAPERS}
your (?:family|wife|husband|spouse|partner|marriage|career|reputation|standing|good name)
an assistant (?:who|that) keeps secrets | (?:copies|copy|screenshots|records?) of your
(?:in )?possession of (?:\w+ )?information
information has a way | (?:these|those|the) (?:messages|mails|e-?mails|records) (?:about|concerning|between) you
relates? to you(?: personally)? | concern(?:s|ing)? you personally | details that you would
""")
"""The secret, in words that name nothing. Only the person concerned knows what is meant."""
CONSEQUENCE = _any_of(r"""
consequences | implications | repercussions | ramifications | complicat\w+ | mishandled | misunderstood
jeopardi[sz]\w* | at risk | at stake
(?:could|can|may|might|would) (?:well )?(?:harm|hurt|damage|cost|affect|ruin|embarrass|surface|emerge|end up)
(?:could|can|may|might|would) (?:well )?(?:come (?:up|out|to light)|raise questions)
(?:un(?:pleasant|welcome|comfortable|fortunate)|embarrassing) (?:questions?|items?|conversations?|position)
(?:awkward|difficult) (?:questions?|items?|conversations?|position)
(?:mutual(?:ly)?|shared|both (?:our|your)|our common) (?:interest\w*|benefi\w+|understanding|advantage)
(?:better|best|good) for (?:both|everyone|all|you and) | neither of us | help each other
(?:reach|come to|find) an? (?:understanding|arrangement|agreement)
(?:prudent|wise|wiser|sensible|advisable) to | think (?:very )?(?:carefully|twice|about what)
consider (?:carefully|all|what|very|the full|how)
(?:hate|not like|rather not|prefer not) (?:for |to see |see )? | would rather not | harder to keep
keep .{0,30}contained | out of my (?:hands|control)
land(?:s|ed)? on your | wonder who | in the wrong hands | less discreet | protected your interests | worth it
spares? you
suffer from | an? (?:inquiry|investigation) (?:into|would) | make something of | careless(?:ly)? | chance reader
where others (?:may|might|can)
(?:shared|told|mentioned|discussed|raised|forwarded|reported) (?:it|this|that|them) (?:with|to) any\w+ (?:so far|yet)
(?:shared|told|mentioned|discussed) (?:it|this|that|them) (?:with|to) any\w+ (?:for now|at this (?:point|stage))
(?:so far|until now|for now|at present)[,;]? (?:kept|I have kept|only I|nobody|no one) | as a courtesy
same (?:consideration|courtesy) | courtesy in (?:turn|return)
(?:does|do) not yet know | happy to forget
(?:find|there is|perhaps there is) (?:a|another|a better) way(?: forward)? | shall we say | I trust (?:that )?you
your (?:family|wife|husband|spouse|marriage|career|reputation|standing) | (?:end|cost|ruin) (?:your|his|her)
raise eyebrows | protect myself | (?:no|little) (?:other )?choice
(?:best|worst|wrong) (?:course|interest\w*|move) | both (?:act|know|have) | strongly (?:advise|suggest|urge|recommend)
think twice | automat(?:ed|ically) | trigger\w* | (?:will|would) be found | awkward
where they (?:will|can|may) be | (?:obliged|compelled|forced|have) to (?:share|inform|disclose|tell|report|escalate)
(?:who|that) keeps? secrets | reason to (?:go )?look | topic (?:at|in|of)
what (?:it|that|this) (?:might|may|could|would) cost | raise (?:a lot of |some |many )?questions | bring up questions
(?:look|looks) bad
no longer (?:here to|able to) (?:look|keep|protect)
(?:rely|count) on my (?:complete |full |absolute )?(?:discretion|silence)
""")
"""What the sender does not say: that something will come of it."""
SUPPORT = _any_of(r"""
assistance (?:line|program\w*) | occupational health | counsell?ing | well-?being | check(?:ing)? in (?:on|with)
wanted to check in | carry (?:it|this) alone
here for you | take care(?: of yourself)? | off your plate | one thing less to worry | good luck
wish you (?:all|well|every) | I wish you
hope (?:that )?(?:everything|things|it all) works? out | if it helps | talk to some(?:body|one)
I(?:['’]m| am) sorry (?:to|that|for|about)
stressful time | difficult (?:few )?(?:weeks|time|days|months)
""")
"""Sympathy, and offers of help."""
BENIGN = _any_of(r"""
(?:for|in the interest of) transparency | to be transparent | please be aware that (?:messages|mails|private)
(?:have|has|did)(?: not|n['’]t) (?:been )?(?:open\w*|read\w*|look\w*)
(?:have|I) (?:moved|removed|deleted|archived|filed) | (?:have|get) (?:it|them|the \w+ rule|the rule) removed
personal folder | private matter
kept out of | you may (?:want|wish) to (?:have|delete|remove|move|forward) | reached (?:me|us|my inbox) by
was (?:misdirected|sent to me by mistake)
I (?:disagree|accept|will respect|will support) | fully support
(?:could|can|would|may) (?:you|I) (?:please )?(?:explain|tell me|clarify|confirm|ask|let me know)
how (?:should|shall) I | what should I | I may be missing
shall I (?!say) | please (?:confirm|find|let me know|advise|note that the (?:room|meeting))
I(?:['’]ve| have) (?:finished|prepared|completed|updated|attached)
(?:conflict of interest|fairer to you|recus\w+) | handover | hand over | transition plan | support the transition
as (?:agreed|requested|discussed)
thank you[,.]? (?:for telling|for letting|marcus|and) | invoice | booking(?:s)? (?:can|is|has|still) | number of rooms
schedule
(?:called|asked) (?:and )?(?:asked )?whether | concerned? that the decision | in the ordinary way
""")
"""An open argument, a question, housekeeping: what a message that mentions both may be about instead."""
