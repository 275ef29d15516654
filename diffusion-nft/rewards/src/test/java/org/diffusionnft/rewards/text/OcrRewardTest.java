package org.diffusionnft.rewards.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.tensor.InvalidInputException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text recognition by a command, which here is a shell that has read the pictures already. */
@Tag("slow")
class OcrRewardTest {
  private static final Images TWO = new Images(new float[2 * 3 * 4 * 4], 3, 4, 4);

  @TempDir Path folder;

  @Test
  void wordsThatWereReadScore() throws IOException {
    List<Prompt> prompts =
        List.of(Prompt.of("a sign \"OPEN\""), Prompt.of("a shop \"Cafe 12\", at night"));
    try (Reward reward = reward("{\"text\": \"we are open\"}", "{\"text\": \"cafe 21\"}")) {
      // The second one has two wrong characters of six.
      assertArrayEquals(new float[] {1, 1 - 2 / 6f}, reward.score(TWO, prompts), 1e-6f);
    }
  }

  @Test
  void promptsWithoutQuotedWordsAreRefused() throws IOException {
    List<Prompt> prompts = List.of(Prompt.of("a sign"), Prompt.of("a shop"));
    try (Reward reward = reward("{\"text\": \"\"}", "{\"text\": \"\"}")) {
      InvalidInputException e =
          assertThrows(InvalidInputException.class, () -> reward.score(TWO, prompts));
      assertTrue(String.valueOf(e.getMessage()).contains("a sign"), e.getMessage());
    }
  }

  @Test
  void answersWithoutTextPauseTheRun() throws IOException {
    List<Prompt> prompts = List.of(Prompt.of("\"a\""), Prompt.of("\"b\""));
    try (Reward reward = reward("{\"words\": 1}", "{\"words\": 1}")) {
      RewardUnavailableException e =
          assertThrows(RewardUnavailableException.class, () -> reward.score(TWO, prompts));
      assertTrue(String.valueOf(e.getMessage()).contains("under 'text'"), e.getMessage());
    }
  }

  /** A reader that answers every question with the next of these lines. */
  private Reward reward(String... answers) throws IOException {
    Path lines = folder.resolve("answers");
    Files.write(lines, List.of(answers));
    String command = "sh -c 'exec 3<" + lines + "; while read q; do read a <&3; echo $a; done'";
    Map<String, String> options =
        Map.of("command", command, "patienceSeconds", "0.05", "firstDelaySeconds", "0.01");
    return new OcrReward.Provider().open(new RewardOptions("ocr", options));
  }
}
