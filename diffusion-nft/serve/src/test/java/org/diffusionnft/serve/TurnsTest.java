package org.diffusionnft.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsTest {
  @Test
  void noRequestIsLeftWithoutAnAnswerAtTheEnd() throws Exception {
    StandIn maker = new StandIn();
    Turns.Turn running;
    Turns.Turn waiting;
    try (Turns turns = new Turns(maker, 2, Duration.ofMinutes(1), new Metrics())) {
      running = turns.submit(wanted());
      maker.begun.await();
      waiting = turns.submit(wanted());
      assertEquals(2, turns.length());
    }
    assertThrows(ExecutionException.class, running.pictures::get);
    Throwable cause = assertThrows(ExecutionException.class, waiting.pictures::get).getCause();
    assertTrue(cause instanceof BadRequestException e && e.status() == 503, cause::toString);
  }

  private static Generation wanted() {
    return Generation.of(new ObjectMapper().createObjectNode().put("prompt", "a cat"));
  }
}
