package org.diffusionnft.rewards.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.rewards.ocr.OcrModels;
import org.diffusionnft.rewards.ocr.TextReader;
import org.diffusionnft.rewards.ocr.Vocabulary;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;

/** PP-OCR's reading, on its own device: the trainer's is bound to the training thread. */
final class PpOcrReading implements OcrReward.Reading {
  private final Device device;
  private final TextReader reader;

  private PpOcrReading(Device device, TextReader reader) {
    this.device = device;
    this.reader = reader;
  }

  /** See {@link OcrModels#open}; {@code device} chooses a device other than the preferred one. */
  static PpOcrReading open(RewardOptions options) {
    try (Opening opening = new Opening()) {
      Device device = opening.add(options.openDevice());
      TextReader reader = OcrModels.open(options, device);
      options.refuseOthers();
      return opening.done(new PpOcrReading(device, reader));
    }
  }

  /** Lines are joined without separator, as in the reference code. */
  @Override
  public List<String> read(Images images, List<Prompt> prompts) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < images.count(); i++) {
      texts.add(
          reader.read(images.pixels(i)).stream()
              .map(Vocabulary.Line::text)
              .collect(Collectors.joining()));
    }
    return texts;
  }

  @Override
  public void close() {
    device.close();
  }
}
