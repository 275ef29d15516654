package org.diffusionnft.trainer.nft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SoftUpdateScheduleTest {
  @Test
  void typesAreThoseOfTheReferenceCode() {
    assertEquals(0, SoftUpdateSchedule.ofType(0).decay(1_000_000));
    assertEquals(7 * 0.001, SoftUpdateSchedule.ofType(1).decay(7));
    assertEquals(0.5, SoftUpdateSchedule.ofType(1).decay(501));
    assertEquals(0, SoftUpdateSchedule.ofType(2).decay(74));
    assertEquals(25 * 0.0075, SoftUpdateSchedule.ofType(2).decay(100));
    assertEquals(0.999, SoftUpdateSchedule.ofType(2).decay(400));
    assertThrows(IllegalArgumentException.class, () -> SoftUpdateSchedule.ofType(3));
  }

  @Test
  void customSchedulesRiseToTheirCap() {
    SoftUpdateSchedule schedule = SoftUpdateSchedule.rising(0.02, 0.8);
    assertEquals(0.02, schedule.decay(1));
    assertEquals(0.8, schedule.decay(60));
    SoftUpdateSchedule late = new SoftUpdateSchedule(10, 0.25, 0.01, 0.8);
    assertEquals(0.25, late.decay(9));
    assertEquals(0.25 + 5 * 0.01, late.decay(15));
    assertEquals(0.8, late.decay(1000));
    assertThrows(IllegalArgumentException.class, () -> new SoftUpdateSchedule(0, -0.1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> SoftUpdateSchedule.rising(0.02, 1.5));
    assertThrows(IllegalArgumentException.class, () -> SoftUpdateSchedule.rising(Double.NaN, 0.5));
  }
}
