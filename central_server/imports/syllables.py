"""Whether a word can be Vietnamese: initial, rime and tone, as its spelling allows them.

The rimes are those of Vietnamese orthography (Hoàng Phê, *Từ điển tiếng Việt*), written without tone marks.
"""

import re
import unicodedata

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_STOPPED_TONES = {"\u0301", "\u0323"}
_INITIALS = "ngh ng nh n gh gi g kh k ch c ph p th tr t qu b d đ h l m r s v x"
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu
i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong ooc op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uênh uêu ui um un ung uơ uôc uôi uôm uôn uông uôt up ut
uy uya uych uyên uyêt uyn uynh uyp uyt uyu
ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
y ych yêm yên yêng yêt yêu ynh yt
"""
_SYLLABLE = re.compile(rf"(?:{_INITIALS.replace(' ', '|')})?(?:{'|'.join(_RIMES.split())})|gi")
_STOPPED = re.compile("(?:ch|[cpt])$")


def is_vietnamese(word: str) -> bool:
    """Whether `word` is spelled as one Vietnamese syllable, in any case: `Nguyễn` is, `NguyÔn` is not."""
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in apart if mark in _TONES]
    if len(tones) > 1:
        return False
    plain = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONES))
    if not _SYLLABLE.fullmatch(plain):
        return False
    return not _STOPPED.search(plain) or set(tones) <= _STOPPED_TONES
