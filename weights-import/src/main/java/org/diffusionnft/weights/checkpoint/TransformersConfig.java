package org.diffusionnft.weights.checkpoint;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonFields;

/**
 * What every {@code config.json} of transformers may say that changes no encoder's numbers: how to
 * train, how to generate text, and who wrote it.
 */
public final class TransformersConfig {
  private static final Set<String> HARMLESS =
      Set.of(
          // who and what
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
          // how results are returned
          "output_attentions",
          "output_hidden_states",
          "output_past",
          "output_scores",
          "return_dict",
          "return_dict_in_generate",
          "use_cache",
          // the other half of an encoder and decoder, and generation
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
   * Checks that nothing else is on than what is read and what changes nothing.
   *
   * @param read the keys that are read
   * @throws InvalidFileException that names another, such as {@code quantization_config}
   */
  public static void requireOff(JsonFields fields, String what, Set<String> read)
      throws InvalidFileException {
    fields.requireOff(
        Stream.concat(HARMLESS.stream(), read.stream()).collect(Collectors.toSet()), what);
  }
}
