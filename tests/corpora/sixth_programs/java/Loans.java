package org.sample;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.FileNotFoundException;
import java.io.FileReader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loans of a library over H2 and Hikari; Logback in the layout that Spring has made common. */
public final class Loans {
    static final Logger log = LoggerFactory.getLogger(Loans.class);
    static final Logger desk = LoggerFactory.getLogger("org.sample.loans.web.DeskController");
    static final Map<String, Marks.Work> failures = new LinkedHashMap<>();
    static HikariDataSource source;

    static class LoanException extends RuntimeException {
        LoanException(String text, Throwable cause) { super(text, cause); }
    }

    static final class Resource implements AutoCloseable {
        public void close() throws Exception { throw new IllegalStateException("reader 4 was already returned"); }
    }

    static void sql(String text) throws SQLException {
        try (Connection c = source.getConnection(); var s = c.createStatement()) { s.execute(text); }
    }

    static {
        failures.put("unique", () -> sql("INSERT INTO reader VALUES (1, 'again')"));
        failures.put("syntax", () -> sql("SELEC * FROM reader"));
        failures.put("table", () -> sql("SELECT * FROM fines"));
        failures.put("length", () -> sql("INSERT INTO reader VALUES (2, 'a name that is by far too long')"));
        failures.put("wrapped", () -> {
            try { sql("UPDATE reader SET name = NULL"); } catch (SQLException e) {
                throw new LoanException("reader could not be saved", new RuntimeException("transaction rolled back", e));
            }
        });
        failures.put("pool", () -> {
            List<Connection> held = new ArrayList<>();
            try { for (int i = 0; i < 4; i++) held.add(source.getConnection()); }
            finally { for (Connection c : held) c.close(); }
        });
        failures.put("npe", () -> Map.<String, String>of().get("isbn").length());
        failures.put("optional", () -> Optional.empty().orElseThrow());
        failures.put("date", () -> LocalDate.parse("31.11.2026"));
        failures.put("number", () -> new BigDecimal("1,5"));
        failures.put("divide", () -> BigDecimal.ONE.divide(new BigDecimal(3)));
        failures.put("modified", () -> { List<Integer> a = new ArrayList<>(List.of(1, 2, 3)); for (int x : a) a.remove(0); });
        failures.put("immutable", () -> List.of().add(null));
        failures.put("suppressed", () -> { try (var r = new Resource()) { new FileReader("/srv/loans/readers.csv"); } });
        failures.put("future", () -> CompletableFuture.supplyAsync(() -> List.of(1).get(3)).get());
        failures.put("switch", () -> Thread.State.valueOf("LENT"));
        failures.put("cast", () -> { Object o = "12"; Integer i = (Integer) o; });
    }

    static void healthy() {
        int n = Marks.chance.nextInt(9000);
        switch (n % 11) {
            case 0 -> log.info("Reader {} borrowed {} books", n, n % 7);
            case 1 -> log.debug("Fetched {} rows, errors=0", n);
            case 2 -> desk.info("GET /readers/{} -> 200", n);
            case 3 -> desk.info("GET /errors/{} -> 404", n);
            case 4 -> log.warn("Reader {} has {} overdue books", n, n % 9);
            case 5 -> log.info("Reminder batch: {} sent, 0 failed", n);
            case 6 -> log.info("Bean 'globalExceptionHandler' registered");
            case 7 -> desk.warn("Optimistic lock on book {}, retrying", n);
            case 8 -> desk.info("Retry of book {} succeeded", n);
            case 9 -> log.trace("not shown");
            default -> log.info("Title: 'Fatal Error and other stories' returned by {}", n);
        }
    }

    static void tell(Throwable e) {
        int n = Marks.chance.nextInt(900);
        switch (Marks.chance.nextInt(6)) {
            case 0 -> log.error("Could not lend book {}", n, e);
            case 1 -> log.error("Loan {} failed: {}", n, e.getMessage());
            case 2 -> desk.error("Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception", e);
            case 3 -> log.error("Ausleihe {} abgebrochen: {}", n, e.toString());
            case 4 -> desk.warn("Unexpected failure in background job", e);
            default -> log.error(e.getMessage(), e);
        }
    }

    public static void main(String[] args) throws Throwable {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:loans");
        config.setMaximumPoolSize(2);
        config.setConnectionTimeout(250);
        source = new HikariDataSource(config);
        sql("CREATE TABLE reader (id INT PRIMARY KEY, name VARCHAR(12) NOT NULL)");
        sql("INSERT INTO reader VALUES (1, 'first')");
        if (args[0].equals("fall")) {
            for (int i = 0; i < 4; i++) healthy();
            Marks.fall(failures, args[1]);
        }
        for (String name : Marks.shuffled(failures, 2)) {
            for (int i = Marks.chance.nextInt(6); i > 0; i--) healthy();
            try { failures.get(name).run(); } catch (Throwable e) {
                if (Marks.chance.nextInt(6) > 0) { Marks.failure(() -> tell(e)); continue; }
                Marks.failure(() -> {
                    Thread t = new Thread(() -> { throw new LoanException("nightly " + name, e); }, "loans-nightly-1");
                    t.start();
                    t.join();
                });
            }
        }
        source.close();
    }
}
