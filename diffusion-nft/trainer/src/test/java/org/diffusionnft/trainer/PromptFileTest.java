package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.PromptFile.Split;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptFileTest {
  private static final String GENEVAL =
      """
      {"tag": "counting", "include": [{"class": "clock", "count": 2}], "prompt": "two clocks"}

      {"tag": "colors", "prompt": "a red cup", "exclude": null}
      """;

  @TempDir private Path folder;

  @Test
  void linesOfText() throws IOException {
    Path file = write("some.txt", "\ufeff a cat \r\n\r\na \"dog\", running\n");
    assertEquals(
        List.of(Prompt.of("a cat"), Prompt.of("a \"dog\", running")),
        PromptFile.read(file, Split.TRAIN));
  }

  @Test
  void objectsKeepWhatRewardsNeed() throws IOException {
    List<Prompt> prompts = PromptFile.read(write("some.jsonl", GENEVAL), Split.TRAIN);
    assertEquals(List.of("two clocks", "a red cup"), prompts.stream().map(Prompt::text).toList());
    Map<String, Object> counted =
        Map.of("tag", "counting", "include", List.of(Map.of("class", "clock", "count", 2)));
    assertEquals(counted, prompts.get(0).metadata());
    assertEquals(Map.of("tag", "colors"), prompts.get(1).metadata());
  }

  @Test
  void foldersAsTheReferenceCodeHasThem() throws IOException {
    write("train.txt", "one\n");
    write("test.txt", "two\n");
    assertEquals("one", PromptFile.read(folder, Split.TRAIN).getFirst().text());
    assertEquals("two", PromptFile.read(folder, Split.TEST).getFirst().text());
    write("test_metadata.jsonl", GENEVAL);
    assertEquals("two clocks", PromptFile.read(folder, Split.TEST).getFirst().text());
  }

  @Test
  void equalPromptsCountOnce() throws IOException {
    Path file = write("some.txt", "one\ntwo\none\n");
    List<Prompt> all = PromptFile.read(file, Split.TRAIN);
    assertEquals(3, all.size());
    assertEquals(List.of(Prompt.of("one"), Prompt.of("two")), PromptFile.distinct(file, all));
    Path other = write("some.jsonl", "{\"prompt\": \"x\", \"n\": 1}\n{\"prompt\": \"x\"}\n");
    List<Prompt> differing = PromptFile.read(other, Split.TRAIN);
    assertMessage("twice with different metadata", () -> PromptFile.distinct(other, differing));
  }

  @Test
  void mistakesAreNamed() throws IOException {
    refuses("empty.txt", "\n \n", "holds no prompts");
    refuses("a.jsonl", "{\"prompt\": \"x\"}\nnot json\n", "no valid JSON as line 2");
    refuses("b.jsonl", "{\"text\": \"x\"}\n", "no text called \"prompt\" in line 1");
    refuses("c.jsonl", "{\"prompt\": 3}\n", "no text called \"prompt\" in line 1");
    refuses("d.jsonl", "[1]\n", "no JSON object as line 1");
    refuses("e.csv", "a\n", "should end with .txt or .jsonl");
    Path latin = folder.resolve("latin.txt");
    Files.write(latin, "caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    assertMessage("is not UTF-8", () -> PromptFile.read(latin, Split.TRAIN));
    assertMessage("no such file", () -> PromptFile.read(folder.resolve("f.txt"), Split.TRAIN));
    Path dataset = Path.of("dataset", "nowhere");
    assertMessage("or --prompts", () -> PromptFile.read(dataset, Split.TRAIN));
    Path none = Files.createDirectory(folder.resolve("none"));
    assertMessage("neither test_metadata.jsonl nor", () -> PromptFile.read(none, Split.TEST));
  }

  private void refuses(String name, String text, String message) throws IOException {
    Path file = write(name, text);
    assertMessage(message, () -> PromptFile.read(file, Split.TRAIN));
  }

  private interface Action {
    void run() throws IOException;
  }

  private static void assertMessage(String part, Action action) {
    String message = assertThrows(InvalidFileException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
