package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.jspecify.annotations.Nullable;

/**
 * A program that stays running, receives one JSON object per line and image on its standard input,
 * {@code {"id", "prompt", "metadata", "image"}} with the path of a PNG, and answers with a line
 * each, in the same order. One that ends or hangs is started again.
 */
final class CommandService implements ImageService {
  private final String command;
  private final Duration timeout;
  private final Patience patience;
  private final Path folder;
  private @Nullable LineProcess process;

  private CommandService(String command, Duration timeout, Patience patience, Path folder) {
    this.command = command;
    this.timeout = timeout;
    this.patience = patience;
    this.folder = folder;
  }

  /**
   * Reads {@code command}, {@code timeoutSeconds} for a line (300) and those of {@link Patience},
   * and starts the program.
   *
   * @throws InvalidInputException if it cannot be started
   */
  static CommandService start(RewardOptions options) {
    String command = options.require("command", "the command that answers");
    Duration timeout = options.seconds("timeoutSeconds", 300);
    Patience patience = Patience.of(options, "'" + command + "'");
    try {
      Path folder = Files.createTempDirectory("dnft-reward");
      CommandService service = new CommandService(command, timeout, patience, folder);
      service.running();
      return service;
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    }
  }

  @Override
  public <T> List<T> ask(Images images, List<Prompt> prompts, Reader<T> reader) {
    List<ObjectNode> questions = new ArrayList<>();
    try {
      for (int i = 0; i < prompts.size(); i++) {
        Path file = folder.resolve(i + ".png");
        Files.write(file, Png.encode(images.pixels(i)));
        questions.add(Questions.of(i, prompts.get(i)).put("image", file.toString()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<T> answers = new ArrayList<>();
    while (answers.size() < questions.size()) {
      answers.addAll(patience.ask(() -> rest(questions, answers.size(), reader)));
    }
    return answers;
  }

  /** Answers from question {@code first} on; one that fails ends the program and its attempt. */
  private <T> List<T> rest(List<ObjectNode> questions, int first, Reader<T> reader)
      throws IOException, InterruptedException {
    List<T> answers = new ArrayList<>();
    boolean good = false;
    try {
      LineProcess program = running();
      for (ObjectNode question : questions.subList(first, questions.size())) {
        String answer = program.ask(question.toString(), timeout);
        answers.add(Questions.read(answer, reader));
      }
      good = true;
      return answers;
    } finally {
      if (!good) {
        stop();
      }
    }
  }

  private LineProcess running() throws IOException {
    LineProcess running = process;
    if (running == null || !running.isAlive()) {
      running = LineProcess.start(command);
      process = running;
    }
    return running;
  }

  private void stop() {
    if (process != null) {
      process.close();
      process = null;
    }
  }

  @Override
  public void close() {
    stop();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException _) {
      // a temporary folder: the system clears it
    }
  }
}
