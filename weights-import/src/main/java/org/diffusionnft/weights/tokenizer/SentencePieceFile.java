package org.diffusionnft.weights.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.models.tokenizer.Unigram;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.ProtobufReader;

/**
 * The part of a SentencePiece model ({@code spiece.model}) that a tokenizer needs. The file is a
 * protocol buffer, {@code ModelProto} of {@code sentencepiece_model.proto}.
 *
 * @param pieces in the order of their ids
 * @param unknown the id of the unknown piece
 * @param charsmap the precompiled character map; empty if there is none
 */
@SuppressWarnings("ArrayRecordComponent") // read once, by its creator
record SentencePieceFile(List<Unigram.Piece> pieces, int unknown, byte[] charsmap) {
  private static final long LARGEST_FILE = 64L << 20;

  // ModelProto
  private static final int PIECES = 1;
  private static final int TRAINER = 2;
  private static final int NORMALIZER = 3;
  // SentencePiece
  private static final int PIECE = 1;
  private static final int SCORE = 2;
  private static final int TYPE = 3;
  private static final long TYPE_UNKNOWN = 2;
  // TrainerSpec
  private static final int MODEL_TYPE = 3;
  private static final long UNIGRAM = 1;
  // NormalizerSpec
  private static final int CHARSMAP = 2;

  /**
   * Reads a model.
   *
   * @throws InvalidFileException if it is missing, damaged, or not a unigram model
   */
  static SentencePieceFile read(Path file) throws InvalidFileException {
    byte[] bytes;
    try {
      long size = Files.size(file);
      if (size > LARGEST_FILE) {
        throw new InvalidFileException(
            file, "has " + size + " bytes, too many for a SentencePiece model");
      }
      bytes = Files.readAllBytes(file);
    } catch (InvalidFileException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(file, "no such file", e);
    } catch (IOException e) {
      throw new InvalidFileException(file, "cannot be read: " + InvalidFileException.reason(e), e);
    }
    return parse(file, bytes);
  }

  private static SentencePieceFile parse(Path file, byte[] bytes) throws InvalidFileException {
    List<Unigram.Piece> pieces = new ArrayList<>();
    int unknown = -1;
    byte[] charsmap = {};
    ProtobufReader model = new ProtobufReader(file, ByteBuffer.wrap(bytes));
    while (model.next()) {
      switch (model.field()) {
        case PIECES -> {
          if (readPiece(model.message(), pieces)) {
            if (unknown >= 0) {
              throw new InvalidFileException(
                  file,
                  "has two pieces for what is unknown, " + unknown + " and " + (pieces.size() - 1));
            }
            unknown = pieces.size() - 1;
          }
        }
        case TRAINER -> requireUnigram(file, model.message());
        case NORMALIZER -> {
          ProtobufReader normalizer = model.message();
          while (normalizer.next()) {
            if (normalizer.field() == CHARSMAP) {
              charsmap = normalizer.bytes();
            }
          }
        }
        default -> {}
      }
    }
    if (unknown < 0) {
      throw new InvalidFileException(
          file, "has no piece for what is unknown: it is not a SentencePiece model");
    }
    return new SentencePieceFile(pieces, unknown, charsmap);
  }

  /** Adds a piece and returns whether it is the unknown piece. */
  private static boolean readPiece(ProtobufReader piece, List<Unigram.Piece> pieces)
      throws InvalidFileException {
    String text = "";
    float score = 0;
    boolean unknown = false;
    while (piece.next()) {
      switch (piece.field()) {
        case PIECE -> text = new String(piece.bytes(), StandardCharsets.UTF_8);
        case SCORE -> score = Float.intBitsToFloat(piece.fixed32());
        case TYPE -> unknown = piece.varint() == TYPE_UNKNOWN;
        default -> {}
      }
    }
    pieces.add(new Unigram.Piece(text, score));
    return unknown;
  }

  private static void requireUnigram(Path file, ProtobufReader trainer)
      throws InvalidFileException {
    while (trainer.next()) {
      if (trainer.field() == MODEL_TYPE && trainer.varint() != UNIGRAM) {
        throw new InvalidFileException(
            file, "is a SentencePiece model of another kind than unigram, which T5 uses");
      }
    }
  }
}
