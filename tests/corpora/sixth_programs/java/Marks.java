package org.sample;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Marks in the log what tells of a failure; whoever falls writes nothing behind. */
final class Marks {
    interface Work { void run() throws Throwable; }

    static final Random chance = new Random(System.getProperty("sun.java.command").hashCode());
    private static final FileOutputStream log = new FileOutputStream(FileDescriptor.out);

    static void begin() { write("\2\n"); }

    static void failure(Work tell) throws Throwable {
        begin();
        tell.run();
        write("\3\n");
    }

    private static void write(String mark) {
        System.out.flush();
        System.err.flush();
        try {
            log.write(mark.getBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each name of a failure as often as that, in no order. */
    static List<String> shuffled(Map<String, Work> failures, int times) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < times; i++) names.addAll(failures.keySet());
        Collections.sort(names);
        Collections.shuffle(names, chance);
        return names;
    }

    static void fall(Map<String, Work> failures, String name) throws Throwable {
        begin();
        failures.get(name).run();
    }
}
