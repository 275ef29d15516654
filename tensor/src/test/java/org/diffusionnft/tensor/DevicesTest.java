package org.diffusionnft.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** This module alone has only the reference device: what a program sees that forgot the kernels. */
class DevicesTest {
  @Test
  void theSlowDeviceIsNotTakenInSilence() {
    List<String> logged = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord log) {
            logged.add(log.getLevel() + " " + log.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("org.diffusionnft.tensor");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      for (int i = 0; i < 2; i++) {
        try (Device device = Devices.openDefault(DeviceOptions.defaults())) {
          assertEquals("reference", device.name());
        }
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(
        List.of(
            "WARNING computing on the slow reference device: the artifact org.diffusionnft:kernels,"
                + " which has the fast devices, is not on the class path or module path"),
        logged);
  }

  @Test
  void whatAFastDeviceMissesIsNamed() {
    String warning = Devices.slow(List.of("the vector device needs --add-modules"));
    assertTrue(warning.endsWith(": the vector device needs --add-modules"), warning);
  }
}
