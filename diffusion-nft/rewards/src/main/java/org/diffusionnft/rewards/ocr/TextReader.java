package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.images.Pixels;

/** Finds the texts of a picture and reads them. */
public final class TextReader {
  /** Lines below this confidence are dropped, as in PaddleOCR. */
  public static final double LEAST_SCORE = 0.5;

  private final TextDetector detector;
  private final TextRecognizer recognizer;

  /** See {@link OcrModels} for where the networks come from. */
  public TextReader(TextDetector detector, TextRecognizer recognizer) {
    this.detector = detector;
    this.recognizer = recognizer;
  }

  /** The lines of a picture in reading order. */
  public List<Vocabulary.Line> read(Pixels picture) {
    List<Pixels> lines =
        detector.find(picture).stream().map(box -> QuadCrop.of(picture, box)).toList();
    List<Vocabulary.Line> kept = new ArrayList<>();
    for (Vocabulary.Line line : recognizer.read(lines)) {
      if (line.score() >= LEAST_SCORE) {
        kept.add(line);
      }
    }
    return kept;
  }
}
