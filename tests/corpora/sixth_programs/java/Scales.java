package org.sample;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** Weighs things and prints what it does, as small programs do; the ways a JVM ends. */
public final class Scales {
    static final Map<String, Marks.Work> failures = new LinkedHashMap<>();

    static final class Table {
        static final int SIZE = Integer.parseInt(System.getProperty("scales.size", "a lot"));
    }

    static final class Weight extends Exception {
        Weight(String text) { super(text); }
    }

    static {
        failures.put("heap", () -> { List<byte[]> held = new ArrayList<>(); for (;;) held.add(new byte[1 << 20]); });
        failures.put("array", () -> System.out.println(new long[Integer.MAX_VALUE].length));
        failures.put("stack", () -> depth(0));
        failures.put("initializer", () -> System.out.println(Table.SIZE));
        failures.put("library", () -> System.loadLibrary("scales"));
        failures.put("weight", () -> { throw new Weight("plate 2 shows -4 g\n  zero it with button Z"); });
        failures.put("assertion", () -> { assert 2 + 2 == 5 : "sum of plates"; });
        failures.put("noText", () -> { throw new IllegalMonitorStateException(); });
        failures.put("monitor", () -> new Object().notify());
        failures.put("crash", () -> {
            Field field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
            field.setAccessible(true);
            ((sun.misc.Unsafe) field.get(null)).putAddress(0, 0);
        });
        failures.put("service", () -> ServiceLoader.load(Runnable.class).findFirst().orElseThrow(() -> new IllegalStateException("no driver for scales")));
        failures.put("clone", () -> { throw new CloneNotSupportedException("Plate"); });
    }

    static int depth(int n) { return depth(n + 1) + n; }

    static void healthy() {
        int n = Marks.chance.nextInt(9000);
        String[] lines = {
            "weighed " + n + " g", "plate " + n % 4 + " is free", "calibration ok, error 0.0" + n % 10 + " %",
            "Warning: plate " + n % 4 + " is dirty", "printed label " + n, "self test: 12 passed, 0 failed",
            "retry of label " + n + " worked", "exception handling enabled", "operator " + n + " logged in",
        };
        System.out.println(lines[n % lines.length]);
    }

    public static void main(String[] args) throws Throwable {
        for (int i = 0; i < 4; i++) healthy();
        if (args[0].equals("fall")) Marks.fall(failures, args[1]);
        for (String name : Marks.shuffled(failures, 2)) {
            if (name.equals("crash") || name.equals("assertion")) continue;
            for (int i = 1 + Marks.chance.nextInt(5); i > 0; i--) healthy();
            try { failures.get(name).run(); } catch (Throwable e) {
                Marks.failure(() -> {
                    switch (Marks.chance.nextInt(3)) {
                        case 0 -> e.printStackTrace();
                        case 1 -> System.err.println("ERROR: " + e);
                        default -> { System.err.println("Weighing failed!"); e.printStackTrace(); }
                    }
                });
            }
        }
    }
}
