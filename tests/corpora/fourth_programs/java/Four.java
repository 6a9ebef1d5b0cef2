package com.example.warehouse;

import org.apache.logging.log4j.*;

/** Log4j 2 with the layouts of its manual. */
class Four {
    static void logged(String failure) {
        Logger log = LogManager.getLogger(Warehouse.class);
        Warehouse.logged(failure, (level, text) -> {
            if (level.equals("warn")) log.warn(text); else if (level.equals("debug")) log.debug(text); else log.info(text);
        }, log::error);
    }
}
