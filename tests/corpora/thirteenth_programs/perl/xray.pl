#!/usr/bin/perl
# Keep the archive of a veterinary hospital's X-rays: file the studies, pack the old ones, answer for the rest.
#
# Ways: Log::Log4perl with a usual pattern, Log::Dispatch with a stamp put before by a callback as its manual shows,
# the layout of Mojo::Log written by hand, JSON lines, warn and die, and Log4perl's easy mode as it comes.
use strict;
use warnings;
no warnings 'once';    # what belongs to a module that is loaded late
use Carp qw(confess croak longmess carp cluck);
use JSON::PP ();
use POSIX qw(strftime);
use IO::Socket::INET;
use Time::HiRes ();

my ($way, $seed, $start, $state) = @ARGV;
my $jobs = 46;
$| = 1;
STDERR->autoflush(1);

my @parts = qw(thorax abdomen pelvis skull forelimb);
my @pets = qw(Biscuit Luna Otto Pepper Miso Rex Clover);

sub mark { syswrite STDOUT, "$_[0]\n" }

my $say = set_up();

sub set_up {
    if ($way eq 'log4perl') {
        require Log::Log4perl;
        my $config = q(
            log4perl.rootLogger = DEBUG, Screen
            log4perl.appender.Screen = Log::Log4perl::Appender::Screen
            log4perl.appender.Screen.stderr = 1
            log4perl.appender.Screen.layout = Log::Log4perl::Layout::PatternLayout
            log4perl.appender.Screen.layout.ConversionPattern = %d [%P] %p %c - %m%n
        );
        Log::Log4perl->init(\$config);
        my $log = Log::Log4perl->get_logger('Vet.Archive');
        return sub { my ($level, $text) = @_; chomp $text; $log->$level($text) };
    }
    if ($way eq 'journal') {
        require Log::Log4perl;
        Log::Log4perl->easy_init({ level => $Log::Log4perl::DEBUG, layout => '%p> %F{1}:%L %M - %m%n' });
        my $log = Log::Log4perl->get_logger();
        return sub { my ($level, $text) = @_; chomp $text; local $Log::Log4perl::caller_depth = 1; $log->$level($text) };
    }
    if ($way eq 'dispatch') {
        require Log::Dispatch;
        my $log = Log::Dispatch->new(
            outputs   => [ [ 'Screen', min_level => 'debug', newline => 1, stderr => 1 ] ],
            callbacks => sub { my %p = @_; strftime('%Y-%m-%d %H:%M:%S', gmtime) . " [$p{level}] $p{message}" },
        );
        my %names = (warn => 'warning', fatal => 'critical');
        return sub { my ($level, $text) = @_; chomp $text; $log->log(level => $names{$level} // $level, message => $text) };
    }
    if ($way eq 'mojo') {
        return sub {
            my ($level, $text) = @_;
            chomp $text;
            my $now = Time::HiRes::time();
            print STDERR strftime('[%Y-%m-%d %H:%M:%S', gmtime $now), sprintf('.%05d', 100_000 * ($now - int $now)), "] [$$] [$level] $text\n";
        };
    }
    if ($way eq 'json') {
        my $json = JSON::PP->new->canonical->ascii;
        return sub {
            my ($level, $text) = @_;
            chomp $text;
            print STDERR $json->encode({ time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime), level => $level, pid => $$, category => 'archive', message => $text }), "\n";
        };
    }
    return sub {
        my ($level, $text) = @_;
        chomp $text;
        if ($level eq 'error' || $level eq 'fatal') { print STDERR "ERROR: $text\n" }
        elsif ($level eq 'warn') { print STDERR "warning: $text\n" }
        else { print "$text\n" }
    };
}

package Job;

sub new {
    my ($class, $number) = @_;
    srand($seed * 1000 + $number);
    rand;
    return bless {
        number => $number,
        study  => sprintf('XR%06d', rand 999_999),
        part   => $parts[rand @parts],
        pet    => $pets[rand @pets],
    }, $class;
}

sub work {
    my ($self) = @_;
    my @lines = (
        [ info  => "Study $self->{study} ($self->{part}) of $self->{pet} filed" ],
        [ debug => 'Read ' . int(rand 4000) . ' kB from modality DX' . int(1 + rand 3) ],
        [ info  => 'Packed ' . int(2 + rand 40) . ' studies of 2019' ],
        [ info  => "Sent $self->{study} to viewer " . int(1 + rand 9) ],
        [ debug => 'Index has ' . int(20_000 + rand 9000) . ' entries' ],
        [ warn  => 'Archive volume is ' . int(80 + rand 9) . ' percent full' ],
    );
    $say->(@{ splice @lines, int rand @lines, 1 }) for 1 .. 2 + int rand 3;
}

sub open_study {
    my ($self) = @_;
    open my $file, '<', "/var/lib/xray/$self->{study}.dcm" or die "Cannot open $self->{study}.dcm: $!";
    return $file;
}

sub read_header {
    my ($self) = @_;
    my $header = { tag => '0008,0060' };
    return $header->pixel_spacing;
}

sub scale {
    my ($self) = @_;
    my $columns = 0;
    return int(4096 / $columns);
}

sub parse_index {
    my ($self) = @_;
    return JSON::PP->new->decode(qq({"study": "$self->{study}", "size": }));
}

sub connect_pacs {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9, Timeout => 1)
        || Carp::croak("Cannot connect to PACS: $!");
}

sub store {
    my ($self) = @_;
    eval { $self->connect_pacs; 1 } or Carp::confess("Storing $self->{study} failed: $@");
}

sub check_sum {
    my ($self) = @_;
    my $found = sprintf '%08x', rand 4_000_000_000;
    Carp::confess("Checksum of $self->{study} is $found, not as recorded");
}

sub verify { my ($self, $deep) = @_; return $self->check_sum }

sub archive { my ($self) = @_; return $self->verify(int rand 3) }

sub rotate {
    my ($self) = @_;
    my $frames = 'frames of ' . $self->{study};
    return scalar @$frames;
}

sub export {
    my ($self) = @_;
    require Vet::Export::DicomDir;
}

sub anonymize {
    my ($self) = @_;
    eval { $self->open_study; 1 } or die "Cannot anonymize study of $self->{pet}: $@";
}

sub failing {
    my ($self) = @_;
    my @steps = (
        [ open_study   => "Could not load study of $self->{pet}" ],
        [ read_header  => "Header of $self->{study} unreadable" ],
        [ scale        => "Could not scale $self->{study}" ],
        [ parse_index  => 'Index entry damaged' ],
        [ connect_pacs => "Query for $self->{pet} failed" ],
        [ store        => "Could not store $self->{study}" ],
        [ archive      => "Archiving of $self->{study} failed" ],
        [ rotate       => "Could not rotate $self->{part}" ],
        [ verify       => "Verification failed for $self->{study}" ],
        [ export       => "Export of $self->{study} failed" ],
        [ anonymize    => 'Anonymisation failed' ],
    );
    return @{ $steps[ ($self->{number} * 3 + $seed) % @steps ] };
}

sub caught {
    my ($self, $traced) = @_;
    my ($step, $text) = $self->failing;
    my $trace = '';
    eval {
        local $SIG{__DIE__} = sub {
            return if $^S && !$traced;
            die $_[0] if $_[0] =~ /\n\t/;
            die Carp::longmess($_[0] =~ s/(?: at \S+ line \d+\.)?\n\z//r);
        } if $traced;
        $self->$step;
        1;
    } and return;
    my $error = $@;
    $error =~ s/\n.*//s unless $traced;
    main::mark("\2");
    $say->(error => "$text: $error");
    main::mark("\3");
}

sub separate {
    my ($self) = @_;
    my @texts = (
        "Modality DX" . int(1 + rand 3) . " did not acknowledge $self->{study}",
        'Failed to burn disc for owner ' . int(rand 900) . ': medium is write-protected',
        "Thumbnail of $self->{study} could not be written: No space left on device",
    );
    splice @texts, int rand 3, 1 if rand() < 0.5;
    for my $text (@texts) {
        main::mark("\2");
        $say->(error => $text);
        main::mark("\3");
    }
}

sub give_up {
    my ($self) = @_;
    main::mark("\2");
    $say->(fatal => 'Archive volume is not mounted, giving up');
    exit 2;
}

sub die_logged {
    my ($self) = @_;
    my ($step, $text) = $self->failing;
    eval { $self->$step; 1 } and return;
    my $error = $@ =~ s/\n.*//sr;
    main::mark("\2");
    $say->(fatal => "$text: $error");
    die "$text: $error\n";
}

sub run {
    my ($self) = @_;
    $self->work;
    my $how = (qw(trace line trace die separate trace line give_up trace die line trace))[ $self->{number} % 12 ];
    if ($how eq 'trace' || $how eq 'line') { return $self->caught($how eq 'trace') }
    if ($how eq 'separate') { return $self->separate }
    if ($how eq 'give_up')  { return $self->{number} % 2 ? $self->give_up : $self->die_logged }
    my ($step) = $self->failing;
    main::mark("\2");
    $self->$step;
}

package main;

sub progress {
    open my $file, '>', $state or die "$state: $!";
    print $file $_[0];
    close $file;
}

sub main {
    $say->(info => "X-ray archive worker started, pid $$");
    for my $number ($start .. $jobs - 1) {
        progress($number);
        Job->new($number)->run;
    }
    $say->(info => 'Archive is up to date');
    progress('done');
}

main();
