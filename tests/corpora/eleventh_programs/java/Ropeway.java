package org.example.ropeway;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/** Runs the cabins of a ropeway. Arguments: way, seed, first job, state file. */
public class Ropeway {
    static final PrintStream OUT = System.err;
    static String way;
    static Random chance;

    interface Work {
        void run() throws Throwable;
    }

    static class CabinException extends RuntimeException {
        CabinException(String text, Throwable cause) {
            super(text, cause);
        }
    }

    static class Brake implements AutoCloseable {
        @Override
        public void close() {
            throw new IllegalStateException("brake " + chance.nextInt(9) + " does not release");
        }
    }

    static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString().stripTrailing();
    }

    static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t");
    }

    static void log(String level, String logger, String text, Throwable thrown) {
        OffsetDateTime now = OffsetDateTime.now(ZoneOffset.ofHours(1));
        String thread = "cabins-" + (1 + chance.nextInt(4));
        String after = thrown == null ? "" : "\n" + trace(thrown);
        switch (way) {
            case "boot" -> OUT.println(now.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx"))
                + String.format(" %5s 1234 --- [%15s] %-40s : ", level, thread, "o.e.ropeway." + logger) + text
                + (thrown == null ? "" : "\n\n" + trace(thrown)));
            case "log4j" -> OUT.println(now.format(DateTimeFormatter.ofPattern("dd MMM yyyy HH:mm:ss,SSS"))
                + " [" + thread + "] " + String.format("%-5s", level) + " org.example.ropeway." + logger + " - " + text + after);
            case "json" -> OUT.println("{\"@timestamp\":\"" + now + "\",\"@version\":\"1\",\"message\":\"" + quoted(text)
                + "\",\"logger_name\":\"org.example.ropeway." + logger + "\",\"thread_name\":\"" + thread + "\",\"level\":\"" + level + "\""
                + (thrown == null ? "" : ",\"stack_trace\":\"" + quoted(trace(thrown)) + "\"") + "}");
            case "journal" -> OUT.println(String.format("%-5s [%s] %s: ", level, logger, thread) + text + after);
            default -> OUT.println(thrown != null ? trace(thrown) : level.equals("ERROR") ? "ERROR: " + text : text);
        }
    }

    static void info(String level, String text) {
        log(level, chance.nextBoolean() ? "Cabins" : "Motor", text, null);
    }

    static void ordinary() {
        int n = 100 + chance.nextInt(9000);
        List<String[]> lines = new ArrayList<>(List.of(
            new String[] {"INFO", "Cabin " + n % 40 + " left the valley station"},
            new String[] {"INFO", "Motor runs at " + n % 1200 + " rpm"},
            new String[] {"INFO", "Self test finished: 0 errors, 14 checks"},
            new String[] {"INFO", "Loaded http://ropeway.example/manual/exception-handling.pdf"},
            new String[] {"INFO", "Tower 7 answered after 2 retries"},
            new String[] {"DEBUG", "State {\"cabin\": 4, \"error\": null}"},
            new String[] {"INFO", "Started Ropeway in 2.4 seconds"},
            new String[] {"WARN", "Wind at tower " + n % 20 + " is " + n % 60 + " km/h"},
            new String[] {"INFO", "No error found on the rope"}));
        Collections.shuffle(lines, chance);
        List<String[]> picked = lines.subList(0, 2 + chance.nextInt(3));
        picked.sort(Comparator.comparing(line -> !line[0].equals("WARN")));
        for (String[] line : picked) {
            info(line[0], line[1]);
        }
    }

    static Work caught(String text, Work work) {
        return () -> {
            try {
                work.run();
            } catch (Throwable thrown) {
                log("ERROR", "Cabins", text, thrown);
            }
        };
    }

    static Work line(String text) {
        return () -> log("ERROR", "Motor", text + " (tower " + chance.nextInt(20) + ")", null);
    }

    static int deep(int n) {
        return deep(n + 1) + 1;
    }

    static void measure(int tower) {
        try {
            Files.readAllLines(Path.of("/srv/ropeway/tower" + tower + ".csv"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read tower " + tower, e);
        }
    }

    static List<Work> kinds() {
        return List.of(
            caught("Cabin not found", () -> Map.<String, String>of().get("cabin").length()),
            caught("Number of guests is not a number", () -> Integer.parseInt(chance.nextInt(99) + " guests")),
            caught("No measurement", () -> measure(chance.nextInt(20))),
            caught("Dispatch failed", () -> {
                try {
                    measure(chance.nextInt(20));
                } catch (UncheckedIOException e) {
                    throw new CabinException("cabin " + chance.nextInt(40) + " is not dispatched", e);
                }
            }),
            caught("Stop failed", () -> {
                try (Brake a = new Brake(); Brake b = new Brake()) {
                    throw new TimeoutException("motor did not stop in 9 s");
                }
            }),
            caught("Weight out of range", () -> {
                int[] weights = new int[3];
                weights[7 + chance.nextInt(9)]++;
            }),
            caught("Rope model failed", () -> deep(0)),
            caught("Season not known", () -> LocalDate.parse("2026-02-3" + chance.nextInt(9))),
            caught("Office not reachable", () -> new Socket("127.0.0.1", 2 + chance.nextInt(7)).close()),
            caught("Doors failed", () -> {
                Object door = "left";
                Integer.class.cast(door);
            }),
            caught("Forecast failed", () -> CompletableFuture.supplyAsync(() -> 1 / (chance.nextInt(9) * 0)).join()),
            caught("No driver on duty", () -> Optional.empty().orElseThrow()),
            caught("Schedule changed while it was read", () -> {
                throw new ConcurrentModificationException();
            }),
            caught("Order of the cabins broken", () -> List.of(1, 2).add(3)),
            caught("Grip of cabin failed", () -> {
                throw new IllegalStateException("grip force too low:\n    measured 11 kN\n    needed 14 kN");
            }),
            line("Failed to close the doors: interlock open"),
            line("Cannot write /var/lib/ropeway/log: Permission denied"),
            line("Connection to the summit station lost: Broken pipe"),
            () -> log("ERROR", "Motor", "Inspection failed:\n    tower 4: roller worn\n    tower " + chance.nextInt(20)
                + ": no signal\n    rope: 3 wires broken", null),
            () -> {
                Thread thread = new Thread(() -> measure(chance.nextInt(20)), "tower-" + chance.nextInt(20));
                thread.start();
                thread.join();
            });
    }

    static List<Work> deaths() {
        return List.of(
            () -> {
                throw new CabinException("no cabin left", new IllegalArgumentException("0 cabins"));
            },
            () -> measure(3),
            () -> {
                assert chance.nextInt(3) > 5 : "rope slips";
            },
            () -> Class.forName("org.example.winch.Driver"),
            () -> {
                throw new OutOfMemoryError("Java heap space");
            },
            () -> {
                throw new ExceptionInInitializerError(new NullPointerException("config of the winch"));
            });
    }

    public static void main(String[] args) throws Throwable {
        way = args[0];
        long seed = Long.parseLong(args[1]);
        int start = Integer.parseInt(args[2]);
        Path state = Path.of(args[3]);
        chance = new Random(seed * 1000 + start);
        List<Work> jobs = new ArrayList<>(kinds());
        jobs.addAll(kinds());
        jobs.addAll(deaths());
        Collections.shuffle(jobs, new Random(seed));
        info("INFO", "Ropeway starts with " + (30 + chance.nextInt(10)) + " cabins");
        for (int i = start; i < jobs.size(); i++) {
            Files.writeString(state, String.valueOf(i));
            ordinary();
            OUT.println("\2");
            jobs.get(i).run();
            OUT.println("\3");
        }
        ordinary();
        Files.writeString(state, "done");
    }
}
