package com.example.warehouse;

import org.slf4j.*;

/** Logback as it comes: its BasicConfigurator's pattern, on the console. */
class Back {
    static void logged(String failure) {
        Logger log = LoggerFactory.getLogger(Warehouse.class);
        Warehouse.logged(failure, (level, text) -> {
            if (level.equals("warn")) log.warn(text); else if (level.equals("debug")) log.debug(text); else log.info(text);
        }, log::error);
    }
}
