"""What an error looks like, as data: the words searched for, the forms a line can begin with, what goes on from it.

Everything is bytes, case-sensitive, and compared at the place its table names; nothing here is a pattern language.
"""

from aiops_agent.model.event import Severity

FRAME = b"    at "
"""How a frame of Node begins: the line above it may name what was raised in no known way.

Not those of Java, whose loggers write a level above them: a log full of its traces takes a tenth longer with them.
"""

NODE_ENDS = b"Node.js v"
"""How the last line begins of what Node prints as it falls, whatever was thrown."""

LITERALS = (
    # In an order that was searched for: it decides which words share one of the eight buckets of the search, and with
    # an unlucky one a healthy log takes twice as long.
    # levels as they stand in a head
    *(b"ERRO", b"FATA", b"CRITICAL", b"SEVERE", b"PANI", b"EMERG", b"ALERT", b"de.js v", b"ror]"),
    # the same in any place: `[emerg]`, `level=fatal`, `"level":"critical"`, `panicked at`, `Fatal error: `
    *(b"emerg", b"crit", b"fatal", b"Fatal", b"panic", b"alert"),
    # levels as values: anchored to the end of a key, so that `"error":null` on every line costs nothing
    *(b"=err", b':"err', b': "err', b'l":50', b'l":60', b's":"E"', b's":"F"', b"open files"),
    # what programs say when they fall
    *(b"Exception", b"Error", b"Traceback (most", b":in ", b"(): ", b"*** ", b"Segmentation ", b"uch file "),
    *(
        b"dumped",
        b"Failed ",
        b"led to ",
        b"ror: ",
        b"ror, ",
        b"ror ",
        b"ail: ",
        b"curl: (",
        b"te called",
        b"Can't ",
    ),
    *(b" line ", b"Asser", b"orrupt", b"Job raised", b"k is ", b"oom-kill", b"illed", b" BUG: "),
    # faults stated at any level or none: the tables below say how bad
    *(b"r more than", b"general protection", b"not ", b"x number of cl", b"no server av", b"anitizer"),
    *(b" # B", b"space left", b" # S", b" # W", b"n refused", b"lready in use", b"ncorrect pass", "严重".encode()),
    b"\n" + FRAME,
)
"""One automaton finds these; a hit only says which line to look at, so any part of a word does.

The searcher compares the first four bytes of each everywhere at once: what they cost is how often those stand in a
healthy log. So `ror: ` and not `error: `, whose first four are in every `errors=0`. At most 64, none shorter than four:
with one more the search is six times slower, and the shortest decides how many bytes are compared at once. A second
automaton for a few more takes half as long as this one, and the interpreter has to be waited for twice: so it searches
only files whose first lines call for it (`SHORT_LEVELS`, `BARE`, `PHP`, `RELAYED_FRAMES`).
"""

_AROUND_LEVELS = ((b"<", b">"), (b"(", b")"), (b"{", b"}"), (b"*", b"*"), (b"|", b"|"), (b"#", b"#"))
_SMALL_LEVELS = (
    *(b"error", b"err", b"crit", b"critical", b"alert", b"emerg", b"fatal"),
    *(b"warning", b"warn", b"notice", b"info", b"debug", b"trace"),
)

SHORT_LEVELS: tuple[tuple[tuple[bytes, ...], tuple[bytes, ...]], ...] = (
    ((b"[I]", b"[D]", b"[W]"), (b"[E]", b"[F]", b"[C]")),
    ((b"[I ", b"[D ", b"[W "), (b"[E ", b"[C ")),
    ((b" INF ", b" DBG ", b" WRN "), (b" ERR ", b" FTL ", b" PNC ")),
    ((b" INF]", b" DBG]", b" WRN]"), (b" ERR]", b" FTL]")),
    ((b"[INF]", b"[DBG]", b"[WRN]", b"[WAR]", b"[DEB]"), (b"[ERR]", b"[FTL]", b"[CRI]")),
    ((b"[info     ]", b"[debug    ]", b"[warning  ]"), (b"[error    ]", b"[critical ]")),
    ((b" DEBG ", b" TRCE "), (b" CRIT ",)),
    *(
        ((mark + b"info" + end, mark + b"debug" + end, mark + b"notice" + end, mark + b"warn"), (mark + b"err",))
        for marks, end in _AROUND_LEVELS
        for mark in (b" " + marks, b"\n" + marks, b"]" + marks)
    ),
    ((b" I [", b" D [", b" W ["), (b" E [", b" F [")),
    *(
        (tuple(b"]: " + calm + digits for calm in (b"I", b"W")), tuple(b"]: " + bad + digits for bad in (b"E", b"F")))
        for digits in (b"20", b"0", b"1")
    ),
    ((b"] [t] [", b"] [d] [", b"] [i] [", b"] [w] ["), (b"] [e] [", b"] [f] [")),
)
"""Levels that are short, or padded: how a file writes those that are none, and how then those that report an error.

Only in a file whose first lines show the former the latter are searched for, by an automaton of their own.
"""

BARE = (
    *(b": Permission d", b"timed out", b": Broken pipe", b": Bad file d", b"Is a directory", b": Invalid arg"),
    *(b"invalid float l", b"invalid digit f", b"address syntax"),
    *(b"reset by peer", b"put/output error", b"xception: ", b"nable to ", b"caught signal", b")[0x", b") [0x"),
    *(b"iled: ", b"ror while ", b"bytes failed", b"(in cleanup)", b"never awaited", b"ized option", b"lid option --"),
    *(b"ires an argument", b"::Error: ", b"Native stack", b": File exists", b"source busy", b"Illegal seek"),
    *(b"tory not empty", b"Read-only file", b": No such dev", b": No such pro", b"rily unavail", b"o route to host"),
    *(
        b"unreachable",
        b"ice not known",
        b"esolution",
        b"requested addr",
        b"uota exceeded",
        b"Stale file",
        b"oss-device",
    ),
    *(b"oo large", b"abnormally: ", b": unknown ", b"\tat ", b"ires a value", b" is not defined"),
    *(b"Critical: ", b"vere: ", b"eadline exceeded"),
)
"""What else is searched for in a file whose lines have no heads, as of programs that print to the terminal."""

TRACED = (b":  ", b"\t", b" F  ", b"Stack trace:", b".rb:")
"""What stands in relayed lines of a trace, which are indented or name places of Ruby: words above them may belong."""

RELAYED_FRAMES = (b"]:     at ", b" F     at ")
"""How a frame of Node looks behind the head of syslog or a container runtime; searched for where a file shows some."""

RUST, RUST_SAYS = (b".rs:", b"RUST_BACKTRACE"), b"bytes failed"
"""What shows that a file is of Rust, and what is searched for there: so its runtime says that memory is out."""

NATIVE_SOURCES = (b".cc:", b".cpp:", b".cxx:", b".c:", b".h:", b".hpp:", b"terminate called ", b"  what():  ", b")[0x")
CHECKS = (b"HECK failed", b"heck failed: ", b": assertion ", b": BUG ", b")[0x")
"""What shows that a file is of C or C++, and what is searched for there.

So macros of theirs say what does not hold, and so are the frames shown of who has caught a signal.
"""

PHP, PHP_TRACE = b".php", b"Stack trace:"
PHP_SAYS = (PHP_TRACE, b"Critical: ", b"vere: ")
"""What is searched for in a file of PHP: its traces, and levels that a program puts behind the time itself."""

LETTERS_FIRST = tuple(
    b"\n" + letter + digits
    for letter in (b"E", b"F", b"C")
    for digits in (*(b"%02d" % month for month in range(1, 13)), b"20", b" 0", b" 1", b" 2")
)
"""How a line begins that glog writes at an error: a letter, then a month with a day, or a year with both."""

_CRITICAL_WORDS = (
    *(b"FATAL", b"CRITICAL", b"CRIT", b"EMERG", b"EMERGENCY", b"ALERT", b"PANIC", b"DPANIC", b"F", b"C"),
    *(b"FTL", b"PNC", b"CRI", b"FATA", b"PANI"),
)
WARNING_WORDS = (b"WARN", b"WARNING", b"WRN", b"WAR", b"W", "警告".encode())
CALM_WORDS = (
    *(
        b"INF",
        b"DBG",
        b"DEB",
        b"DEBU",
        b"DEBG",
        b"TRAC",
        b"TRCE",
        b"VRB",
        b"INFO",
        b"INFORMATION",
        b"NOTICE",
        b"DEBUG",
        b"TRACE",
        b"VERBOSE",
        b"LOG",
        b"CONFIG",
        b"STATEMENT",
        b"FINE",
    ),
    *(b"FINER", b"FINEST", b"I", b"D", b"V", b"N", "信息".encode()),
)
"""Levels at which no logger writes an exception it was given, unless its message speaks of one."""

LEVELS: dict[bytes, Severity] = {
    **dict.fromkeys((b"ERROR", b"ERR", b"ERRO", b"SEVERE", b"ERR!", b"E", b"Error", "严重".encode()), Severity.ERROR),
    **dict.fromkeys(_CRITICAL_WORDS, Severity.CRITICAL),
    **dict.fromkeys((*WARNING_WORDS, *CALM_WORDS), Severity.WARNING),
}
"""Level words of a head; WARNING stands for all that is no error. Single letters count in `X/tag` and `[X]` only."""

VALUES: dict[str, Severity] = {
    **dict.fromkeys(("error", "err", "severe", "e", "50"), Severity.ERROR),
    **dict.fromkeys(("fatal", "critical", "crit", "emergency", "emerg", "alert", "panic"), Severity.CRITICAL),
    **dict.fromkeys(("dpanic", "f", "60"), Severity.CRITICAL),
}
"""Values of a level field, lowered, that report an error; pino's and bunyan's numbers among them."""

WARNING_VALUES = ("warn", "warning", "wrn", "w", "40")
"""Values of a level field, lowered, at which a record may carry an exception it was given; pino's number among them."""

LEVEL_MARKS = b"<>(){}|*#"
"""Between which loggers put a level before the message, in small letters too: `<error> no tea`, `(warn) slow`."""

LEVEL_NAMES = (b"level", b"severity", b"lvl", b"loglevel", b"prio", b"priority")
"""What stands, in small letters, before `: error` where a line says its level before the message."""

LEVEL_ENDS = (b"-", b"--", b"|", b"::", b">", b"=>", b">>")
"""What stands behind a level in small letters, as a word of its own, before the message: `error - no tea`."""

LEVEL_KEYS = ("level_name", "levelname", "level", "severity", "lvl", "log.level", "loglevel", "log_level", "s", "@l")
"""Names before numbers, which mean another level in each library."""

MESSAGE_KEYS = ("msg", "message", "@m", "@mt", "event", "log", "textPayload", "short_message")
ERROR_KEYS = (
    *("error", "err", "exception", "exc", "error.type", "error.message", "errorMessage", "reason", "cause", "ctx"),
    *("attr", "name", "type", "detail", "details", "code"),
)
EXCEPTION_KEYS = ("err", "error", "exception", "exc", "error.type", "exception.type", "error.kind")
"""Where loggers put an exception or its class."""

STACK_KEYS = (
    *("stack", "stacktrace", "stack_trace", "exc_info", "traceback", "backtrace", "error.stack_trace", "error.stack"),
    *("exception.stacktrace", "errorVerbose", "@x"),
)

HOTSPOT = b"# A fatal error has been detected by the Java"
"""How the second line begins that a runtime of Java leaves as it crashes; the first is a `#` alone."""

FAULTS: tuple[tuple[bytes, Severity], ...] = (
    (b"Out of memory: Kill", Severity.CRITICAL),
    (b"out of memory: Kill", Severity.CRITICAL),
    (b"invoked oom-killer", Severity.CRITICAL),
    (b"oom-kill:", Severity.CRITICAL),
    (b"segfault at", Severity.CRITICAL),
    (b"Segmentation fault", Severity.CRITICAL),
    (b"general protection", Severity.CRITICAL),
    (b" BUG: ", Severity.CRITICAL),
    (b"core dumped", Severity.CRITICAL),
    (b"dumped core", Severity.CRITICAL),
    (b"http: panic serving", Severity.CRITICAL),
    (b"blocked for more than", Severity.ERROR),
    (b" error, dev ", Severity.ERROR),
    (b"corruption detected at", Severity.CRITICAL),
    (b"page corruption on disk", Severity.CRITICAL),
    (b"[Hardware Error]: ", Severity.CRITICAL),
    (b"Kernel panic - ", Severity.CRITICAL),
    (b"Link is Down", Severity.ERROR),
    (b"Link is down", Severity.ERROR),
    (b" UE memory ", Severity.CRITICAL),
    (b"Uncorrected hardware memory error", Severity.CRITICAL),
    (b"Buffer I/O error on dev", Severity.ERROR),
    (b"killed by the OOM killer", Severity.CRITICAL),
    (b'"reason":"OOMKilled"', Severity.CRITICAL),
    (b'reason="OOMKilled"', Severity.CRITICAL),
    (b"OOMKilled:true", Severity.CRITICAL),
    (b" not responding, still trying", Severity.ERROR),
    (b"o space left on device", Severity.ERROR),
    (b"oo many open files", Severity.ERROR),
    (b"OutOfMemoryError: ", Severity.ERROR),
    (b"java.lang.StackOverflowError", Severity.ERROR),
    (b"OOMKilled=true", Severity.CRITICAL),
    (b"reason=OOMKilled", Severity.CRITICAL),
    (b"reason: OOMKilled", Severity.CRITICAL),
    (b"; not expected)", Severity.ERROR),
    (b"entered FATAL state", Severity.CRITICAL),
    (b"LOG:  could not ", Severity.ERROR),
    (b"was terminated by signal", Severity.CRITICAL),
    (b"SSL certificate verify error", Severity.ERROR),
    (b"error while loading shared libraries", Severity.CRITICAL),
    (b"-fs error (", Severity.ERROR),
    (b"Failed with result", Severity.ERROR),
    (b"Failed to start ", Severity.ERROR),
    (b"alert certificate", Severity.ERROR),
    (b"alert bad certificate", Severity.ERROR),
    (b"MISCONF", Severity.ERROR),
    (b"OOM command not allowed", Severity.ERROR),
    (b"Background saving error", Severity.ERROR),
    (b"Write error saving DB", Severity.ERROR),
    (b"max number of clients reached", Severity.ERROR),
    (b"# Error ", Severity.ERROR),
    (b"# Slow script detected", Severity.ERROR),
    (b"Job raised exception", Severity.ERROR),
    (b"could not bind IPv", Severity.ERROR),
    (b"ERROR: AddressSanitizer: ", Severity.CRITICAL),
    (b"ERROR: LeakSanitizer: ", Severity.CRITICAL),
    (b"WARNING: ThreadSanitizer: ", Severity.CRITICAL),
    (b"WARNING: MemorySanitizer: ", Severity.CRITICAL),
    (b"CRITICAL **: ", Severity.ERROR),
    (b"ERROR **: ", Severity.CRITICAL),
    (HOTSPOT, Severity.CRITICAL),
    (b"' was never awaited", Severity.ERROR),
)
"""Statements that are a fault whatever level the program gave them."""

UNLEVELLED_FAULTS: tuple[tuple[bytes, Severity], ...] = (
    (b"# Fatal error", Severity.CRITICAL),
    (b"# Failed listening", Severity.CRITICAL),
    (b"borting now", Severity.CRITICAL),
    (b"# Failed ", Severity.ERROR),
    (b"# Can't ", Severity.ERROR),
    (b"# Bad ", Severity.ERROR),
    (b"# Warning: Could not create server", Severity.ERROR),
    (b"has no server available", Severity.CRITICAL),
    (b"got Segmentation Fault", Severity.CRITICAL),
    (b"died, killed by signal", Severity.CRITICAL),
    (b"Address already in use", Severity.ERROR),
    (b"Connection refused", Severity.ERROR),
    (b"! Unable to ", Severity.ERROR),
    (b": *** ", Severity.ERROR),
    (b" error (", Severity.ERROR),
    (b": syntax error, ", Severity.ERROR),
    (b": syntax error at (eval ", Severity.ERROR),
    (b": error: { ", Severity.ERROR),
    (b"code=dumped", Severity.CRITICAL),
    (b"Failed to activate service", Severity.ERROR),
    (b"Cannot allocate memory", Severity.ERROR),
    (b": runtime error: ", Severity.CRITICAL),
    (b": Assertion `", Severity.CRITICAL),
    (b": Assertion '", Severity.CRITICAL),
    (b"caught signal ", Severity.CRITICAL),
    (b" (os error ", Severity.ERROR),
    (b"incorrect password attempt", Severity.ERROR),
    (b"no selectable sources", Severity.ERROR),
    (b": parser error : ", Severity.ERROR),
    (b" did not pass type constraint ", Severity.ERROR),
    (b" does not pass the type constraint ", Severity.ERROR),
    (b" terminated abnormally: ", Severity.CRITICAL),
)
"""Statements that are a fault in a line that states no level."""

STRUCTURED_FAULTS = (b"o space left on device", b"oo many open files", b"OutOfMemoryError: ")
"""Statements that are a fault in the message of a structured line whatever its level."""

NO_ERROR = (b"null", b"none", b"nil", b"no", b"false", b"ok", b'""', b"[]", b"{}", b"-", b"")
"""What stands behind `error: ` when there is none, lowered."""

COUNTED = (b"error", b"critical", b"alert", b"severe")
"""Before which of them a `: 0` counts; of `panic: 42` a program of Go fell."""

MONOLOG_EXCEPTION = b'"exception":"[object] ('
"""How Monolog and Laravel write an exception that a line was given."""

SAID_ABOVE = (b"\t...propagated at ", b"\t...caught at ")
"""How the line of Perl's `die` begins that says no more than where what stands above it was said once more."""

PLACES_IN_PERL = (b".pl line ", b".pm line ", b" at (eval ")
"""What stands at the end of what Perl's `die` says."""

COMPILED_IN_PERL: tuple[tuple[bytes, bytes], ...] = (
    (b"Useless use of ", b""),
    (b'Name "', b" used only once: possible typo at "),
    (b"Subroutine ", b" redefined at "),
    (b"Constant subroutine ", b" redefined at "),
    (b"Scalar value @", b" better written as "),
    (b"Scalar value %", b" better written as "),
    (b"Statement unlikely to be reached at ", b""),
    (b"Found = in conditional, should be ", b""),
    (b"Possible attempt to ", b""),
    (b"Possible precedence ", b""),
    (b"Possible unintended interpolation of ", b""),
    (b'Unquoted string "', b" may clash with future reserved word at "),
    (b'"my" variable ', b" masks earlier declaration in same "),
    (b'"our" variable ', b" masks earlier declaration in same "),
    (b'"state" variable ', b" masks earlier declaration in same "),
    (b"Prototype mismatch: ", b""),
)
"""What Perl warns of as it compiles, how that begins and what it holds: nothing failed, it is of the program's text."""

QUOTES = (
    *(b" COMMAND=", b" CMD ("),
    *(b'] "' + method for method in (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ")),
)
"""Behind these stands what somebody asked for, not what the program has to say."""

DEADLY_SIGNAL = b"Sanitizer:DEADLYSIGNAL"
"""How the line ends that a sanitizer puts above its report of a signal."""

OPENINGS: tuple[tuple[bytes, Severity], ...] = (
    (b"Traceback (most", Severity.ERROR),
    (b"  + Exception Group Traceback", Severity.ERROR),
    (b"free(): ", Severity.CRITICAL),
    (b"malloc(): ", Severity.CRITICAL),
    (b"*** stack smashing", Severity.CRITICAL),
    (b"*** buffer overflow", Severity.CRITICAL),
    (b"panic: ", Severity.CRITICAL),
    (b"fatal error: ", Severity.CRITICAL),
    (b"fatal runtime error: ", Severity.CRITICAL),
    *((level + b": ", Severity.CRITICAL) for level in (b"fatal", b"Fatal", b"critical", b"Critical")),
    *((level + b": ", Severity.CRITICAL) for level in (b"alert", b"emerg", b"emergency")),
    *((level + b": ", Severity.ERROR) for level in (b"severe", b"Severe")),
    (b"Fatal error", Severity.CRITICAL),
    (b"Fatal Python error: ", Severity.CRITICAL),
    (b"runtime: out of memory", Severity.CRITICAL),
    (b"*** FATAL ", Severity.CRITICAL),
    (b"Parse error", Severity.CRITICAL),
    (b"PHP Fatal error", Severity.CRITICAL),
    (b"PHP Parse error", Severity.CRITICAL),
    (b"Uncaught ", Severity.ERROR),
    (b"Unhandled exception", Severity.CRITICAL),
    (b"Exception in thread ", Severity.ERROR),
    (b"npm ERR!", Severity.ERROR),
    (b"error: ", Severity.ERROR),
    (b"error, ", Severity.ERROR),
    (b"crit: ", Severity.CRITICAL),
    (b"fail: ", Severity.ERROR),
    (b"Failed to ", Severity.ERROR),
    (b"failed to ", Severity.ERROR),
    (b"Died at ", Severity.ERROR),
    (b"syntax error at ", Severity.ERROR),
    (b"terminate called ", Severity.CRITICAL),
    (b"  what():  ", Severity.CRITICAL),
    (b"double free or corruption", Severity.CRITICAL),
    (b"corrupted ", Severity.CRITICAL),
    (b"munmap_chunk(): ", Severity.CRITICAL),
    (b"realloc(): ", Severity.CRITICAL),
    *((name + DEADLY_SIGNAL, Severity.CRITICAL) for name in (b"Address", b"UndefinedBehavior", b"Memory", b"Thread")),
    (b"Task exception was never retrieved", Severity.ERROR),
    (b"future: <Task finished", Severity.ERROR),
    (b"Unhandled Exception:", Severity.CRITICAL),
    (b"UnhandledPromiseRejection: ", Severity.ERROR),
    (b"Unhandled rejected promise: ", Severity.ERROR),
    (b"[AggregateError: ", Severity.ERROR),
    (b"curl: (", Severity.ERROR),
    (b"Assertion failed", Severity.ERROR),
    (b"exception: ", Severity.ERROR),
    (b"caught exception: ", Severity.ERROR),
    (b"Caught exception: ", Severity.ERROR),
)
"""How the message of a line without a level begins when it reports an error."""

ABORTS = (
    *(b"*** stack smashing", b"*** buffer overflow", b"free(): ", b"malloc(): ", b"realloc(): ", b"munmap_chunk(): "),
    *(
        b"double free or corruption",
        b"corrupted size vs. ",
        b"corrupted double-linked",
        b"terminate called ",
        b"fatal runtime error: ",
        b"Fatal Python error: ",
    ),
)
"""How a line begins that a runtime in C, C++, Rust or Python leaves as it ends the program: no logger said it."""

PHP_WARNINGS = (b"PHP Warning:  ", b"Warning: ")
REFUSALS = (b'" requires a value.', b'" option does not exist.', b'" argument does not exist.', b'" is not defined.')
"""How Symfony's console ends what it says, two columns in, of a command that was called in a wrong way."""

PHP_NOTICES = (b"PHP Notice:  ", b"PHP Deprecated:  ", b"PHP Strict Standards:  ")
"""How PHP begins what it says of the text of a program: nothing failed."""

NO_MEMORY = b": failed to allocate memory (NoMemoryError)"
"""How the one line of Ruby ends that had no memory left to tell more."""

STATEMENTS = (
    *(b"could not ", b"Could not ", b"Can't ", b"can't ", b"Cannot ", b"cannot ", b"Unable to ", b"unable to "),
)
"""How the message of a line without a level begins that says what failed; words of an exception may go on so too."""

REASONS = (
    *(b": No such file or directory", b": Permission denied", b": Operation not permitted", b": Not a directory"),
    *(b": Connection refused", b": Address already in use", b": No space left on device", b": Too many open files"),
    *(b": not in gzip format", b": command not found", b": Connection timed out", b": Broken pipe"),
    *(b": Bad file descriptor", b": Is a directory", b": Invalid argument", b": Connection reset by peer"),
    *(b": Input/output error", b": Operation timed out", b": File exists", b": Device or resource busy"),
    *(
        b": Illegal seek",
        b": Directory not empty",
        b": Read-only file system",
        b": No such device",
        b": No such process",
    ),
    *(
        b": Resource temporarily unavailable",
        b": No route to host",
        b": Host is unreachable",
        b": Network is unreachable",
    ),
    *(b": Name or service not known", b": Temporary failure in name resolution", b": Cannot assign requested address"),
    *(b": Disk quota exceeded", b": Stale file handle", b": Invalid cross-device link", b": File too large"),
    *(b": invalid float literal", b": invalid digit found in string", b": invalid IP address syntax"),
    *(b": invalid socket address syntax", NO_MEMORY, b" timed out"),
    *(b" quota exceeded", b" deadline exceeded"),
)
"""How a line without a level ends of a program that says why it failed, as `perror` does, or what Rust cannot parse."""

BREAKS = (
    b"terminate called",
    *(b"panic: ", b"fatal error: ", b"PHP Fatal", b"PHP Parse", b"Exception in thread ", b"curl: (", b"npm ERR!"),
    *(b"Unhandled Exception:", b"Fatal error: Uncaught ", b"Exception ignored in: ", b"--- Logging error ---"),
    b"#<Thread:",
    *(b"crit: ", b"fail: ", b"warn: ", b"info: ", b"dbug: ", b"trce: "),
)
"""Unindented lines that never belong to the record above them."""

DIGIT_HEADS = (
    *(b"--T::", b"-- ::", b"// ::", b"//::", b"--|", b"-- |", b"--,", b"// -", b"::", b"... ", b"...,", b":M ", b":C "),
    *(b":AM ", b":PM "),
    *(
        b":S ",
        b":X ",
        b":signal",
        b"   ",
        b"  INFO",
        b"  WARN",
        b"  ERROR",
        b"  FATAL",
        b"  DEBUG",
        b". ",
        b": ",
        b".:",
    ),
    *(b"- ::", b"--Z", b"--  ::", b"T::", b"TZ"),
)
"""What is left of the first bytes of a line that begins with a digit, once the digits are gone, when it is a head."""

_MONTHS = (*(b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"),)
_DAYS = (b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ")
_LEVEL_WORDS = (
    *(b"ERROR", b"FATAL", b"CRITICAL", b"SEVERE", b"PANIC", b"ALERT", b"EMERG"),
    *(b"INFO", b"WARN", b"DEBUG", b"TRACE", b"NOTICE"),
)

DATED_HEADS = (*(b"-" + month + b"-" for month in _MONTHS), *(b"/" + month + b"/" for month in _MONTHS))
BRACKET_HEADS = (
    *(b"[Nest] ", b"[--", b"[//", b"[::", b"[.]", *(b"[" + b" " * width + b".]" for width in range(1, 6))),
    *(b"[" + form for form in DATED_HEADS),
    *(b"[" + day for day in _DAYS),
    *(
        b"[" + word
        for word in (*_LEVEL_WORDS, b"error]", b"crit]", b"alert]", b"emerg]", b"warn]", b"info]", b"debug]")
    ),
    *(b"[" + word for word in (b"fatal]", b"critical]", b"warning]", b"notice]", b"trace]", b"success]")),
)
PADDED_HEADS = (b" INFO ", b" WARN ")
"""Of tracing without a time: it writes each level in five columns, the shorter ones to the right."""

LETTERS_IN_RUBY = (b"E, [", b"W, [", b"I, [", b"F, [", b"D, [")
"""How Ruby's logger begins a line."""

LETTERED = (b"E, ERROR", b"W, WARN", b"I, INFO", b"F, FATAL", b"D, DEBUG", b"A, ANY")
"""How Ruby's logger begins a line whose time a program has left to who relays it."""

WORD_HEADS = (
    *(month + gap for month in _MONTHS for gap in (b"  ::", b"   ::", b" , ", b"   ", b" ::")),
    *_DAYS,
    *(word + end for word in (*_LEVEL_WORDS, b"WARNING", b"LOG") for end in (b" ", b":", b"\t", b"|")),
    *(
        b"level=",
        b"time=",
        b"ts=",
        b"lvl=",
        b"timestamp=",
        b"E ::",
        b"W ::",
        b"I ::",
        b"F ::",
        b"D ::",
        b"nginx: ",
        b"audit: ",
    ),
    *(level + b"[]" for level in (b"ERRO", b"FATA", b"PANI", b"WARN", b"INFO", b"DEBU", b"TRAC")),
    *(letter + b"  ::" for letter in (b"E", b"W", b"I", b"F", b"D", b"C")),
    *LETTERS_IN_RUBY,
    *LETTERED,
)
STATES = (b"error: ", b"fail: ", b"crit: ", b"critical: ", b"fatal: ", b"severe: ", b"alert: ", b"emerg: ")
"""How a line begins that states an error and has no head: a program may print below it what was raised."""

FAILURES = (b"Failed to ", b"failed to ", b"error while ", b"Error while ")
"""How else such a line begins."""

SYNTAX_IN_PERL = b"syntax error at "
"""How Perl begins what it says of text that it cannot parse."""

AGGREGATES = (b"[AggregateError: ", b"[AggregateError] {")
"""How Node shows several errors in one that has no frames itself."""

LOGFMT = (b"level=", b"time=", b"ts=", b"lvl=", b"timestamp=")
"""How a line of fields begins: its values hold no newline."""

MARKED_HEADS = (
    *(b'{"', b'{ "', b"<>", b"::", b"*** FATAL "),
    *(mark + level + end + b" " for mark, end in _AROUND_LEVELS for level in _SMALL_LEVELS),
    *(mark + level.upper() + end + b" " for mark, end in _AROUND_LEVELS for level in _SMALL_LEVELS),
)

OF_A_SIGNAL = (b"*** Aborted at ", b"*** SIG", b"*** Signal ")
"""How the lines begin with which the handlers of glog, abseil and folly say when and by what signal a program ended."""

PLACE_OF_A_SIGNAL = b"PC: @ "
"""How they say, between the two or below them, what was being run."""

FATAL_SIGNALS = (b"SIGSEGV", b"SIGABRT", b"SIGBUS", b"SIGFPE", b"SIGILL")
"""By these a program falls; they tell as much of SIGTERM, with which it was only asked to end."""

CONTINUES = (
    *(
        b'"}',
        b'","',
        b'"""',
        b"[stacktrace]",
        b"[previous exception]",
        b"Caused by:",
        b"Suppressed:",
        b"... ",
        b"Traceback (most",
        b"During handling",
        b"The above exception",
    ),
    *(
        b"goroutine ",
        b"created by ",
        b"runtime stack:",
        b"[signal ",
        b"Stack trace:",
        b"stack backtrace:",
        b"Stack backtrace:",
        b"note: ",
        b"exit status ",
    ),
    *(
        b"--- End of",
        b"---> ",
        b"-->",
        b"from /",
        b"}",
        b")",
        b"[SQL: ",
        b"[parameters: ",
        b"(Background on",
        b"Node.js v",
        b"Current thread 0x",
        b"Thread 0x",
        b"Python runtime state: ",
        b"Extension modules: ",
        b"<no Python frame>",
        b"RuntimeWarning: Enable tracemalloc to get the object allocation traceback",
        b"Emitted 'error' event",
        b"Require stack:",
        b"- /",
        b"Parameter name: ",
        b"thread caused non-unwinding",
        b"...additional frames elided",
        b"(Use `node --trace-",
    ),
    *(b"future: <", b"handle: <", b"task: <", b"transport: <", b"protocol: <", b"client_session: <", b"connector: <"),
    *(
        b"DETAIL:  ",
        b"HINT:  ",
        b"CONTEXT:  ",
        b"STATEMENT:  ",
        b"QUERY:  ",
        b"LOCATION:  ",
        *("引起".encode(), b"Call stack:", b"Stack (most recent call last):", b"Message: '", b"Arguments: ("),
    ),
    *(
        b"Reading the configuration file",
        b">>> '",
        PLACE_OF_A_SIGNAL,
        b"Did you mean?  ",
        b"Bail out! ",
        b"Can't continue after import errors at ",
    ),
    *(b"#%d " % number for number in range(10)),
    *(b"#%d" % number for number in range(10, 100)),
)
"""How an unindented line begins that goes on from the one above."""

IN_BRACKETS = (b"[SQL: ", b"[parameters: ")
"""How SQLAlchemy begins what it puts in brackets, lines and all."""

SUMS_UP = (b"------", b"Ran ", b"FAILED (")
"""How lines begin that Python's `unittest` prints below the last trace of a run."""

SECTIONS = (b"Context:", b"Location:", b"Exception trace:")
"""Lines above which a runtime has said what was raised, and below which it says where: Mojo, eyre, Symfony."""

SECOND_HEADS = (b"SEVERE: ", b"WARNING: ", b"INFO: ")
"""How the second line of a record of java.util.logging begins; the first says when and where."""

TRACEBACK_OPENS = b" Traceback (most recent call last):"
GROUP_OPENS = b"  + Exception Group" + TRACEBACK_OPENS
"""How a line of a program ends that puts what it says before what Python formats."""

TRACEBACKS = (b"Traceback (most", b"  + Exception Group Traceback")
"""How Python begins what was raised: a group of exceptions stands in a margin."""

CHAINS = (b"During handling", b"The above exception")
"""What Python prints, behind an empty line, between an exception and the one that came of it."""

NO_HEAP_LEFT = b"<--- Last few GCs --->"
FATAL_IN_NODE = b"FATAL ERROR: "
"""What Node shows first as its heap is full, and how the line begins, below that, with which it says so."""

NATIVE_TRACE = b"----- Native stack trace -----"
NATIVE = (NATIVE_TRACE, b"----- JavaScript stack trace -----")
"""Lines of Node above frames that are numbered: ` 9: 0x10fb794 v8::internal::Heap [node]`, `10: 0x...`."""

RESUMES = (
    *(b"goroutine ", b"During handling", b"The above exception", b"stack backtrace:", b"Node.js v", b"[signal "),
    *(b"Stack trace:", b"Stack backtrace:", b"Caused by:", b"runtime stack:", b"---> (Inner Exception #"),
    *(b"Current thread 0x", b"Thread 0x", b"Extension modules: ", b"[previous exception]"),
    *(section + b"\n" for section in SECTIONS),
    *NATIVE,
)
"""How a line begins that goes on after an empty line."""

RESCUES = (b":in `rescue in ", b":in 'rescue in ", b":in `ensure in ", b":in 'ensure in ")
"""What a frame of Ruby has where an exception was on its way: what is raised there may have that for its cause."""

RELAYED = b' said into stderr: "'
"""Behind this PHP's process manager quotes a line of one of its workers."""

MONO_AGAIN = b"[ERROR] FATAL UNHANDLED EXCEPTION: "
"""With this Mono tells of an exception once more."""

PREAMBLES: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"concurrent.futures.process._RemoteTraceback:", (b'"""',)),
    (b"multiprocessing.pool.RemoteTraceback:", (b'"""',)),
    (b'"""', (b"Traceback (most",)),
    (b"thread '", (b"fatal runtime error: ",)),
    (b"==================", (b"==", b"WARNING: ThreadSanitizer")),
    (b"runtime: goroutine stack exceeds", (b"runtime: sp=", b"fatal error: ")),
    (b"runtime: sp=", (b"fatal error: ",)),
    (b"terminate called after throwing", (b"  what():  ",)),
    (b"pure virtual method called", (b"terminate called ",)),
    (b"#<Thread:", ()),
    (b"Task exception was never retrieved", (b"future: ", b"Traceback (most")),
    (b"future: <Task finished", (b"Traceback (most",)),
    (b"handle: <Handle ", (b"Traceback (most",)),
    (b"Process ", (b"Traceback (most", b"  + Exception Group Traceback")),
    (b"======", (b"FAIL: ", b"ERROR: ")),
    (b"FAIL: ", (b"------",)),
    (b"ERROR: ", (b"------",)),
    (b"------", (b"Traceback (most",)),
    (b"Exception ignored in: ", (b"Traceback (most",)),
    (b"Exception in callback ", (b"handle: ",)),
    (b"--- Logging error ---", (b"Traceback (most",)),
    (b"runtime: out of memory", (b"fatal error: ",)),
    (OF_A_SIGNAL[0], (PLACE_OF_A_SIGNAL, *OF_A_SIGNAL[1:])),
    (PLACE_OF_A_SIGNAL, OF_A_SIGNAL[1:]),
)
"""What a runtime prints above the line that says what was raised, and how the line below it begins; empty: anyhow."""

LIBXML = b": parser error : "
SHOWS_SOURCE = (b": syntax error, ", LIBXML)
"""What a runtime says that shows the line of the source below it, with a caret under its fault."""

NOTES = (
    *(
        b"in ",
        b"while ",
        b"when ",
        b"during ",
        b"for ",
        b"by ",
        b"at ",
        b"on ",
        b"with ",
        b"near ",
        b"after ",
        b"from ",
    ),
    *(b"(see ", b"(in ", b"(while ", b"(at ", b"(from "),
)
"""How a line begins that is no sentence by itself."""

ANNOUNCES = (b" failed", b" crashed", b" aborted", b" threw")
"""How a line without a head ends, marks apart, that says of what the trace right below it tells."""

ASYNCIO = b"asyncio"
"""What a logger of Python is called that tells of faults in a line and fields below it."""

UNABLE = (b" could not ", b" cannot ", b" couldn't ", b" can't ", b" was unable to ")
"""What stands within a line without a head that says what cannot be done."""

LINKS = (b" has a ", b" has an ", b" has ", b" is ", b" are ")
UNFIT = (
    *(b"unusable", b"invalid", b"malformed", b"unreadable", b"illegal", b"corrupt", b"corrupted", b"broken"),
    *(b"missing", b"unreachable", b"unavailable", b"not valid", b"not readable", b"not reachable", b"not available"),
    *(b"no valid", b"no usable"),
)
"""What such a line says that something is or has, behind one of `LINKS`."""

DONE = (
    *(b"stored", b"saved", b"sent", b"written", b"delivered", b"processed", b"completed", b"done", b"imported"),
    *(b"created", b"updated", b"loaded", b"accepted", b"booked", b"executed", b"finished", b"removed", b"read"),
)
"""What a program says of something that it has `not` done, above what was raised."""

NOTHING_FAILED = (*(b"%d" % digit for digit in range(10)), b"nothing", b"none", b" no", b" never")
"""What stands before that where nothing did."""

NONE = (b"0 ", b"no ", b"nothing ", b"none ")
"""How such words begin, in small letters, where it is said of nothing."""

WAITED = (b"timed out ", b"Timed out ")
"""How a line without a head begins that says what was waited for in vain."""

AGAIN = (b"retry", b"again")
"""What stands in a line that says of a failure that it is not over."""

WHILE = (b"error while ", b"Error while ")
"""How a line without a head begins that says what was being done as it failed."""

SIGNALS = (b"signal ", b"Signal ", b"SIGSEGV", b"SIGABRT", b"SIGBUS", b"SIGFPE", b"SIGILL", b"acktrace")
"""What a line names above the frames of glibc that says why they are shown."""

ASSERTED = (b": Assertion `", b": Assertion '", b"Assertion failed: ", b"assertion failed: ")
"""What stands in a line with which the runtimes of C and C++ end a program by SIGABRT."""

ABORTED = (b"signal 6", b"Signal 6", b"SIGABRT", b"*** Aborted at ", b"Received signal: Aborted")
"""What the handler of that signal says, of the same fall."""

SAID_BY_TOOLS = (b"error: ", b"fatal error: ", b"fatal: ", b"critical: ", b"panic: ", b"cannot ")
"""What stands behind the name of a program in what it says of its own end."""

SAID_AT_PLACES = (
    *(b"CHECK failed", b"Check failed", b"CHECK FAILED", b"Assertion ", b"assertion ", b"ASSERT", b"FATAL", b"Fatal: "),
    *(b"fatal: ", b"PANIC", b"panic: ", b"BUG: ", b"BUG ", b"error: ", b"fatal error: "),
)
"""What stands behind the file and the line of a source in what a program says of its own end."""

OPTIONS = (b"unrecognized option ", b"invalid option -- ", b"option requires an argument ", b"option '")
"""What getopt of glibc says behind the name of a program that was called in a way that it does not know."""

IN_CLEANUP = b"\t(in cleanup) "
"""What Perl puts before what a destructor died of: nobody can catch that."""

NO_MEMORY_IN_RUST = b"memory allocation of "
"""How the line begins with which a runtime of Rust ends the program that has no memory left."""

SEQUELS: dict[bytes, bytes] = {
    b"# Warning: Could not create server": b"# Failed listening",
    b"# Can't handle RDB": b"# Fatal error loading the DB",
    b"# Wrong RDB checksum": b"# Internal error in RDB",
}
"""How a line begins, that may come several times, and the one a program ends with, when both speak of one event."""

KERNEL_REPORTS = (
    *(b"invoked oom-killer", b" BUG: ", b"Oops: ", b"general protection", b"soft lockup", b"blocked for more than"),
    *(b"WARNING: CPU:", b"self-detected stall", b"Kernel panic"),
)
"""Kernel lines that open a report of many lines."""

KERNEL_CONTINUES = (
    *(
        b" ",
        b"\t",
        b"Call Trace",
        b"RIP:",
        b"RSP:",
        b"RAX:",
        b"RDX:",
        b"RBP:",
        b"R10:",
        b"R13:",
        b"FS:",
        b"CS:",
        b"CR2:",
    ),
    *(b"DR0:", b"DR3:", b"PKRU:", b"Code:", b"CPU:", b"Hardware name", b"Modules linked", b"Workqueue", b"Not tainted"),
    *(
        b"Tainted",
        b"---[",
        b"task:",
        b"Mem-Info",
        b"Node ",
        b"lowmem_reserve",
        b"Tasks state",
        b"[  pid",
        b"[ pid",
        b"[  ",
    ),
    *(b"oom-kill:", b"Out of memory: Kill", b"Memory cgroup out of memory: Kill", b"oom_reaper", b"memory: usage"),
    *(
        b"swap: usage",
        b"memory+swap: usage",
        b"kmem: usage",
        b"Memory cgroup stats",
        b"anon ",
        b"active_anon",
        b"<TASK>",
    ),
    *(
        b"</TASK>",
        b'"echo 0 >',
        b"Oops",
        b"PGD ",
        b"#PF:",
        b"Kernel panic",
        b"Kernel Offset",
        b"Total swap",
        b"Free swap",
    ),
    *(b"Swap cache", b"RBX:", b"R08:", b"ES:", b"DMA", b"Normal", b"free:", b"slab_", b"unreclaimable", b"mapped:"),
)
