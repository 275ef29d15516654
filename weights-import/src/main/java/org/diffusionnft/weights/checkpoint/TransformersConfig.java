package org.diffusionnft.weights.checkpoint;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;

/**
 * Keys of transformers' {@code config.json} files that do not affect an encoder's output: training,
 * text generation, and provenance.
 */
public final class TransformersConfig {
  private static final Set<String> HARMLESS =
      Set.of(
          // identity
          "architectures",
          "dtype",
          "finetuning_task",
          "id2label",
          "label2id",
          "model_type",
          "num_labels",
          "problem_type",
          "task_specific_params",
          "tokenizer_class",
          "torch_dtype",
          "torchscript",
          "transformers_version",
          "use_bfloat16",
          // training
          "attention_dropout",
          "classifier_dropout",
          "dropout",
          "dropout_rate",
          "gradient_checkpointing",
          "initializer_factor",
          "initializer_range",
          "layerdrop",
          // form of the results
          "output_attentions",
          "output_hidden_states",
          "output_past",
          "output_scores",
          "return_dict",
          "return_dict_in_generate",
          "use_cache",
          // encoder-decoder models and generation
          "add_cross_attention",
          "chunk_size_feed_forward",
          "decoder_start_token_id",
          "bos_token_id",
          "diversity_penalty",
          "do_sample",
          "early_stopping",
          "encoder_no_repeat_ngram_size",
          "eos_token_id",
          "exponential_decay_length_penalty",
          "is_decoder",
          "is_encoder_decoder",
          "length_penalty",
          "max_length",
          "min_length",
          "n_positions",
          "no_repeat_ngram_size",
          "num_beam_groups",
          "num_beams",
          "num_decoder_layers",
          "num_return_sequences",
          "pad_token_id",
          "remove_invalid_values",
          "repetition_penalty",
          "sep_token_id",
          "suppress_tokens",
          "begin_suppress_tokens",
          "bad_words_ids",
          "temperature",
          "tf_legacy_loss",
          "tie_encoder_decoder",
          "tie_word_embeddings",
          "top_k",
          "top_p",
          "typical_p");

  private TransformersConfig() {}

  /**
   * Checks that no key is on except those that are read and those without effect.
   *
   * @param read the keys that are read
   * @throws InvalidFileException naming any other key, such as {@code quantization_config}
   */
  public static void requireOff(JsonFields fields, String what, Set<String> read)
      throws InvalidFileException {
    fields.requireOff(
        Stream.concat(HARMLESS.stream(), read.stream()).collect(Collectors.toSet()), what);
  }
}
