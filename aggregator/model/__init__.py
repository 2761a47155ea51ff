"""The records that the stages hand to one another: frozen, plain, picklable.

Nothing here decides, fetches or stores. Instants end in `_at` and are aware UTC; booleans start
with `is_` or `has_`; sequences are tuples. A failure that can be expected is a `Failure` value.
"""

from aggregator.model.feeds import (
    Author,
    ChildSitemap,
    Content,
    DateOrigin,
    Enclosure,
    Entry,
    FeedLink,
    FeedLinks,
    Link,
    LinkOrigin,
    ListingRule,
    ParsedFeed,
    SitemapIndex,
)
from aggregator.model.fetching import (
    LONGEST_WISH,
    Access,
    Failure,
    FailureKind,
    Fetched,
    FetchResult,
    Hint,
    NotModified,
    Redirect,
    Request,
    Step,
    Validators,
)
from aggregator.model.items import Item, NewItem, Sighting, Stage
from aggregator.model.kinship import CopyEvidence, Likeness, Report, StoryEvidence
from aggregator.model.matching import Clause, Document, Explanation, Match, Passage, Reason, Verdict
from aggregator.model.notices import Condition, Notice, NoticeKind
from aggregator.model.publishing import Carrier, PublishedEntry, TopicFeed
from aggregator.model.rhythm import HOURS, Rhythm
from aggregator.model.running import Configured
from aggregator.model.searching import AllOf, AnyOf, Key, Narrowing
from aggregator.model.sites import Block, SiteRule
from aggregator.model.sources import Child, Outcome, SourceState
from aggregator.model.texts import Analysis, Article, Change, History, Quality, Revision, Tokens, Traits
from aggregator.model.verdicts import Asking, Facts, JudgedPage, Statements

__all__ = [
    "HOURS",
    "LONGEST_WISH",
    "Access",
    "AllOf",
    "Analysis",
    "AnyOf",
    "Article",
    "Asking",
    "Author",
    "Block",
    "Carrier",
    "Change",
    "Child",
    "ChildSitemap",
    "Clause",
    "Condition",
    "Configured",
    "Content",
    "CopyEvidence",
    "DateOrigin",
    "Document",
    "Enclosure",
    "Entry",
    "Explanation",
    "Facts",
    "Failure",
    "FailureKind",
    "FeedLink",
    "FeedLinks",
    "FetchResult",
    "Fetched",
    "Hint",
    "History",
    "Item",
    "JudgedPage",
    "Key",
    "Likeness",
    "Link",
    "LinkOrigin",
    "ListingRule",
    "Match",
    "Narrowing",
    "NewItem",
    "NotModified",
    "Notice",
    "NoticeKind",
    "Outcome",
    "ParsedFeed",
    "Passage",
    "PublishedEntry",
    "Quality",
    "Reason",
    "Redirect",
    "Report",
    "Request",
    "Revision",
    "Rhythm",
    "Sighting",
    "SiteRule",
    "SitemapIndex",
    "SourceState",
    "Stage",
    "Statements",
    "Step",
    "StoryEvidence",
    "Tokens",
    "TopicFeed",
    "Traits",
    "Validators",
    "Verdict",
]
