package com.acme.billing;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;

/** A billing service: `Billing WAY CASE` runs into one failure in one logging set-up, marking what belongs to it. */
public class Billing {
    interface Case { void run() throws Exception; }

    interface Log { void line(String level, String text, Throwable failure); }

    static class InvoiceException extends RuntimeException {
        InvoiceException(String message, Throwable cause) { super(message, cause); }
    }

    static class DataAccessException extends Exception {
        DataAccessException(String message, Throwable cause) { super(message, cause); }
    }

    record Customer(String name, String mail) {}

    static class Ledger implements AutoCloseable {
        void post(int amount) { throw new IllegalStateException("ledger 2026-11 is closed"); }
        @Override public void close() throws IOException { throw new IOException("could not flush ledger: Broken pipe"); }
    }

    static final Map<String, Case> CASES = new LinkedHashMap<>();

    static Customer find(String name) { return Map.of("ann", new Customer("Ann", null)).get(name); }

    static int depth(int n) { return depth(n + 1) + 1; }

    static void connect() throws IOException {
        try (Socket socket = new Socket()) { socket.connect(new InetSocketAddress("127.0.0.1", 9), 500); }
    }

    static {
        CASES.put("nullCustomer", () -> find("bob").mail().toLowerCase());
        CASES.put("refused", Billing::connect);
        CASES.put("readTimeout", () -> {
            try (ServerSocket bank = new ServerSocket(0); Socket socket = new Socket("127.0.0.1", bank.getLocalPort())) {
                socket.setSoTimeout(30);
                socket.getInputStream().read();
            }
        });
        CASES.put("wrapped", () -> {
            try { connect(); } catch (IOException e) { throw new InvoiceException("could not send invoice 17", e); }
        });
        CASES.put("wrappedTwice", () -> {
            try {
                try { connect(); } catch (IOException e) { throw new DataAccessException("Unable to acquire JDBC Connection", e); }
            } catch (DataAccessException e) { throw new InvoiceException("rollback of invoice 17", e); }
        });
        CASES.put("badNumber", () -> Integer.parseInt("12,50"));
        CASES.put("missingFile", () -> new FileInputStream("/etc/billing/billing.properties"));
        CASES.put("noSuchPath", () -> Files.readString(Path.of("/var/lib/billing/last.id")));
        CASES.put("diskFull", () -> { try (Writer out = new FileWriter("/dev/full")) { out.write("invoice 17"); } });
        CASES.put("index", () -> new ArrayList<>(List.of("17;EUR".split(";"))).get(2));
        CASES.put("array", () -> "17;EUR".split(";")[2].trim());
        CASES.put("cast", () -> { Object total = "17"; Integer n = (Integer) total; });
        CASES.put("zero", () -> { int n = List.of().size(); int mean = 100 / n; });
        CASES.put("overflow", () -> depth(0));
        CASES.put("concurrent", () -> { var l = new ArrayList<>(List.of(1, 2, 3)); for (var i : l) l.remove(i); });
        CASES.put("suppressed", () -> { try (Ledger ledger = new Ledger()) { ledger.post(5); } });
        CASES.put("future", () -> CompletableFuture.supplyAsync(() -> Integer.parseInt("n/a")).get(1, TimeUnit.SECONDS));
        CASES.put("optional", () -> Optional.empty().orElseThrow());
        CASES.put("noClass", () -> Class.forName("org.postgresql.Driver"));
        CASES.put("date", () -> LocalDate.parse("2026-13-01"));
        CASES.put("immutable", () -> List.of(1).add(2));
        CASES.put("required", () -> Objects.requireNonNull(System.getenv("BILLING_DSN"), "BILLING_DSN must be set"));
        CASES.put("heap", () -> { long[] all = new long[Integer.MAX_VALUE]; });
    }

    static final String[][] CHATTER = {
        {"INFO", "POST /invoices 201 31ms"},
        {"INFO", "HikariPool-1 - stats (total=10, active=2, idle=8, waiting=0)"},
        {"WARN", "HikariPool-1 - Thread starvation or clock leap detected (housekeeper delta=1m2s)"},
        {"INFO", "batch finished: read=1200 written=1200 errors=0"},
        {"DEBUG", "no exception mapper for java.lang.IllegalStateException, using default"},
        {"INFO", "Started Billing in 2.381 seconds (process running for 2.9)"},
        {"WARN", "retrying in 200 ms"},
    };

    static String trace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    static void write(String text) { System.err.print(text); System.err.flush(); }

    static void begin() { write("\u0002\n"); }

    static void end() { write("\u0003\n"); }

    static String now(String pattern) { return LocalDateTime.now().format(DateTimeFormatter.ofPattern(pattern)); }

    static Log layout(String way) {
        switch (way) {
            case "jul": return jul(new SimpleFormatter());
            case "julOneLine":
                System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT %4$s %3$s: %5$s%6$s%n");
                return jul(new SimpleFormatter());
            case "spring": return (level, text, failure) -> write(now("yyyy-MM-dd HH:mm:ss.SSS") + String.format(" %5s 7 --- [nio-8080-exec-3] c.acme.billing.InvoiceController       : ", level) + text + "\n" + (failure == null ? "" : "\n" + trace(failure)));
            case "logback": return (level, text, failure) -> write(now("HH:mm:ss.SSS") + " [http-nio-8080-exec-1] " + String.format("%-5s", level) + " com.acme.billing.InvoiceController - " + text + "\n" + (failure == null ? "" : trace(failure)));
            case "log4j": return (level, text, failure) -> write(now("yyyy-MM-dd HH:mm:ss,SSS") + " " + String.format("%-5s", level) + " [pool-2-thread-1] c.a.b.Worker:88 - " + text + "\n" + (failure == null ? "" : trace(failure)));
            case "kafka": return (level, text, failure) -> write("[" + now("yyyy-MM-dd HH:mm:ss,SSS") + "] " + level + " [consumer group=billing] " + text + " (com.acme.billing.Consumer)\n" + (failure == null ? "" : trace(failure)));
            case "tomcat": return (level, text, failure) -> write(now("dd-MMM-yyyy HH:mm:ss.SSS") + " " + (level.equals("ERROR") ? "SEVERE" : level.equals("WARN") ? "WARNING" : "INFO") + " [main] com.acme.billing.Servlet.service " + text + "\n" + (failure == null ? "" : "\t" + trace(failure)));
            case "json": return (level, text, failure) -> write("{\"@timestamp\":\"" + Instant.now() + "\",\"level\":\"" + level + "\",\"logger_name\":\"com.acme.billing.Api\",\"thread_name\":\"main\",\"message\":\"" + text + "\"" + (failure == null ? "" : ",\"stack_trace\":\"" + trace(failure).replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + "\"") + "}\n");
            default: return (level, text, failure) -> write(now("yyyy-MM-dd HH:mm:ss.SSS") + " " + level + " " + text + "\n" + (failure == null ? "" : trace(failure)));
        }
    }

    static Log jul(java.util.logging.Formatter formatter) {
        Logger logger = Logger.getLogger("com.acme.billing");
        logger.setUseParentHandlers(false);
        Handler handler = new StreamHandler(System.err, formatter) {
            @Override public synchronized void publish(LogRecord record) { super.publish(record); flush(); }
        };
        logger.addHandler(handler);
        return (level, text, failure) -> logger.logp(level.equals("ERROR") ? Level.SEVERE : level.equals("WARN") ? Level.WARNING : Level.INFO, "com.acme.billing.Billing", "charge", text, failure);
    }

    static final List<String> WAYS = List.of("jul", "julOneLine", "spring", "logback", "log4j", "kafka", "tomcat", "json", "plain", "mentioned", "printed", "thread", "pool", "dies", "uncaught");

    public static void main(String[] args) throws Exception {
        if (args[0].equals("list")) {
            System.out.println(String.join(" ", WAYS) + "\n" + String.join(" ", CASES.keySet()));
            return;
        }
        String way = args[0];
        Case failing = CASES.get(args[1]);
        Log log = layout(way);
        int seed = (way + args[1]).chars().sum();
        for (int n = 0; n < 3; n++) log.line(CHATTER[(seed + n) % 7][0], CHATTER[(seed + n) % 7][1], null);
        switch (way) {
            case "thread": {
                begin();
                Thread worker = new Thread(() -> sneaky(failing), "invoice-mailer-1");
                worker.start();
                worker.join();
                end();
                break;
            }
            case "pool": {
                begin();
                ExecutorService pool = Executors.newFixedThreadPool(2);
                pool.execute(() -> sneaky(failing));
                pool.shutdown();
                pool.awaitTermination(5, TimeUnit.SECONDS);
                Thread.sleep(50);
                end();
                break;
            }
            case "uncaught": begin(); failing.run(); break;
            default:
                try {
                    failing.run();
                } catch (Throwable failure) {
                    begin();
                    if (way.equals("mentioned")) log.line("ERROR", "giving up on " + args[1] + ": " + failure, null);
                    else if (way.equals("printed")) failure.printStackTrace();
                    else if (way.equals("dies")) {
                        log.line("ERROR", "Application run failed, shutting down", null);
                        end();
                        begin();
                        throw failure;
                    } else if (way.equals("spring")) log.line("ERROR", "Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception [Request processing failed: " + failure + "] with root cause", failure);
                    else log.line("ERROR", "could not process invoice 17", failure);
                    end();
                }
        }
        for (int n = 4; n < 6; n++) log.line(CHATTER[(seed + n) % 7][0], CHATTER[(seed + n) % 7][1], null);
    }

    @SuppressWarnings("unchecked")
    static <E extends Exception> void sneaky(Case failing) throws E {
        try { failing.run(); } catch (Exception e) { throw (E) e; }
    }
}
