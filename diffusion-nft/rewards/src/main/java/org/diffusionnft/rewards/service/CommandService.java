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
import org.diffusionnft.weights.io.OutputException;
import org.jspecify.annotations.Nullable;

/**
 * A long-running program that receives one JSON object per line and image on its standard input,
 * {@code {"id", "prompt", "metadata", "image"}} with the path of a PNG, and answers with one line
 * each, in the same order; an {@code id} in it must be that of the question. A program that ends or
 * hangs is restarted, unless it has never answered.
 */
final class CommandService implements ImageService {
  /** How long to wait for a program that cannot start, say for lack of a module, to fail. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(2);

  /** The number of starts after which a program that has never answered is given up. */
  private static final int MOST_VAIN_STARTS = 3;

  /** How long to wait for a surplus answer after a batch. */
  private static final Duration LAST_LOOK = Duration.ofMillis(20);

  private final String reward;
  private final String command;
  private final Duration timeout;
  private final Patience patience;
  private final Path folder;
  private @Nullable LineProcess process;
  private int vainStarts;
  private boolean answered;

  private CommandService(
      String reward, String command, Duration timeout, Patience patience, Path folder) {
    this.reward = reward;
    this.command = command;
    this.timeout = timeout;
    this.patience = patience;
    this.folder = folder;
  }

  /**
   * Reads {@code command}, {@code timeoutSeconds} per line (300) and the options of {@link
   * Patience}, and starts the program.
   *
   * @throws InvalidInputException if it cannot be started or ends at once
   */
  static CommandService start(RewardOptions options) {
    String command = options.require("command", "the command that answers");
    Duration timeout = options.seconds("timeoutSeconds", 300);
    Patience patience = Patience.of(options, "'" + command + "'");
    try {
      Path folder = Files.createTempDirectory("dnft-reward");
      CommandService service =
          new CommandService(options.reward(), command, timeout, patience, folder);
      if (service.running().endsWithin(FIRST_LOOK)) {
        try (service) {
          service.requireAlive();
        }
      }
      return service;
    } catch (IOException e) {
      throw new InvalidInputException(
          "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a reward was started", e);
    }
  }

  @Override
  public void requireAlive() {
    LineProcess program = process;
    if (program == null || answered || program.isAlive()) {
      return;
    }
    try {
      throw new InvalidInputException(
          "reward '%s' cannot use '%s': %s, before it was asked anything"
              .formatted(reward, command, program.ended().getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a reward was started", e);
    }
  }

  @Override
  public <T> List<T> ask(Images images, List<Prompt> prompts, Reader<T> reader) {
    List<ObjectNode> questions = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      Path file = folder.resolve(i + ".png");
      try {
        Files.write(file, Png.encode(images.pixels(i)));
      } catch (IOException e) {
        throw new UncheckedIOException(OutputException.of(file, e));
      }
      questions.add(Questions.of(i, prompts.get(i)).put("image", file.toString()));
    }
    List<T> answers = new ArrayList<>();
    while (answers.size() < questions.size()) {
      answers.addAll(patience.ask(() -> rest(questions, answers.size(), reader)));
    }
    return answers;
  }

  /** The answers from question {@code first} on; a failed one ends the program and the attempt. */
  private <T> List<T> rest(List<ObjectNode> questions, int first, Reader<T> reader)
      throws IOException, InterruptedException {
    List<T> answers = new ArrayList<>();
    boolean good = false;
    try {
      LineProcess program = running();
      for (int id = first; id < questions.size(); id++) {
        String answer = program.ask(questions.get(id).toString(), timeout);
        answers.add(Questions.read(id, answer, reader));
        answered = true;
      }
      program.refuseUnasked(LAST_LOOK);
      good = true;
      return answers;
    } catch (ServiceFailure e) {
      // Otherwise a broken program would be restarted forever without a report.
      if (!answered && vainStarts >= MOST_VAIN_STARTS) {
        throw ServiceFailure.lasting(String.valueOf(e.getMessage()));
      }
      throw e;
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
      vainStarts++;
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
      // it is a temporary folder, which the system clears
    }
  }
}
