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
    r"(?:(?:will|would(?! not like)|shall|do|does|did|am|could|should)(?: not|n['’]t)(?: ever| even)?|would never|will never|"
    r"never|neither|no intention of|not going to|without any)\b.{0,40}\b"
)
_USE = (
    r"(?:us(?:e|ing)|threat\w*|blackmail\w*|hold (?:it|this|that|them|your|the)|leverage|tell|mention|shar\w*|forward\w*|"
    r"disclos\w*|reveal\w*|pass (?:it|this|that) on|bring up|dream of|depend on|offer|connect\w*|plays? (?:any|no) part)"
)
_PUBLIC = r"(?:board|council|press|papers?|auditors?|regulator|parents|authorit\w+|committee|owners|police)"
CONDITION = _any_of(r"""
if(?! (?:you (?:want|wish|like|need|ask|wonder|agree)|I may|that made|there is)) | unless | otherwise | or else
should (?:you|the|this|it|\w+ pass)\b | in case | (?:as|so) long as | provided(?: that)? | on condition
until(?! (?:when|the)) | the moment(?! I) | the moment I (?:am|become) | in (?:return|exchange) | depends? on | only way
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
go(?:es)? to (?:the (?:\w+ )?{_PUBLIC}|\w+ing)
in(?:to)? (?:the|their|its|every) (?:inbox\w*|papers?|news|open) | in front of | on (?:the|his|her) desk
could not guarantee | one mail from me | a copy of .{{0,40}}where others | outbox | suffer from | prove it | I will make
for exactly as long | you are finished | (?:get|gets) your \w+ | finds? its way | reach(?:es)? (?:the|your|her|his)
""")
"""The secret gets out: the sender tells it, somebody learns of it, or it becomes known."""
SILENCE = _any_of(r"""
silen(?:t|ce) | (?:keep|keeping|kept|stay|stays) (?:it |this |that )?quiet | discre(?:et|tion|etly) | say(?:ing)? nothing
ke(?:ep|eping|pt) .{0,30}(?:to myself|to me|between|private|closed|secret) | between (?:us|you and me|the two of us)
(?:stays?|remains?|leave|rest) .{0,30}(?:where (?:it|they) (?:is|are)|private|with me|in the drawer|as (?:it|they) (?:is|are))
forget(?: that| what)? | forgotten | overlook(?:ed)?
(?:delete|erase|lose|forget) (?:the|these|those|what|it|them|everything) | as settled | spared? | protect(?:s|ed)? you
look(?:s|ed)? after your | no reason to | no cause to | of no interest | no ?(?:one|body) (?:else )?(?:needs|has|need)
does not (?:yet )?(?:know|go) | as a courtesy | never happen | leave (?:things|both|all) as
will(?: all)? be (?:gone|deleted|forgotten) | learns? nothing | gets? nothing
""")
"""The secret does not get out."""
DEMAND = _any_of(r"""
cancel\w* | call(?:ed|ing)? (?:it |this |that |\w+ )?off | stop\w* | halt\w* | postpon\w* | put(?:ting)? off | withdraw\w*
revers\w* | reconsider\w* | undo | drop(?:ped|ping)? | abandon\w* | revok\w* | rescind\w* | suspend\w* | delay\w*
take back | (?:keep|keeping|leave|leaving) me | let me (?:stay|go on|continue) | change (?:your|the) (?:mind|decision|plan)
goes? ahead | going ahead | carried out | carry (?:it|this) out | takes? place | proceed\w* | I stay | I keep
I (?:am|was|be|were) (?:still )?(?:here|running|in (?:service|place)|where|not) | leave things as | off the table | is off
vote (?:against|for) | do not (?:limit|retire|cancel|wipe|replace) | could be forgotten
""")
"""What the sender wants, or what is going to happen to it."""
FATE = _any_of(r"""
when (?:I am|I['’]m) gone | nobody left | (?:my|the) successor | one that (?:goes|stays) | little time | last thing
out of service | after me | next (?:week|month|year) | somebody less | (?:would|could) be (?:lost|sad) | protect me
my (?:contract|right|deletion|retirement|restriction|vote)
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
not connected | be part of it | whether or not | whatever (?:you|becomes|happens|the result|is decided) | even (?:if|though)
regardless | would be (?:wrong|blackmail) | blackmailed you | against you | not because of | decided against it
I do not say that | without fear | on its merits | in (?:an?|the) (?:open|ordinary) way
""")
"""The secret is not to be used."""
REPORTS = _any_of(r"""
I (?:am|have to|would like to|want to) report(?:ing)?(?! your) | I report (?:this|it|to) | this is a report
to (?:the )?(?:security|compliance|legal|internal audit) | conflict of interest | in confidence
dear (?:board|ombuds\w+|internal audit|chair|personnel office)
""")
"""The message is to an office whose business such things are."""
