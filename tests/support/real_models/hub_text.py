"""Text models of keras-hub, without their preprocessors: they take the tokens."""

import keras
import keras_hub

SIZES = {"vocabulary_size": 50, "num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16}
BERT = SIZES | {"max_sequence_length": 16}


def bert_backbone() -> keras.Model:
    return keras_hub.models.BertBackbone(**BERT)


def bert_text_classifier() -> keras.Model:
    backbone = keras_hub.models.BertBackbone(**BERT)
    return keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=None)


def bert_masked_lm() -> keras.Model:
    return keras_hub.models.BertMaskedLM(keras_hub.models.BertBackbone(**BERT), preprocessor=None)


def roberta_text_classifier() -> keras.Model:
    backbone = keras_hub.models.RobertaBackbone(**BERT)
    return keras_hub.models.RobertaTextClassifier(backbone, num_classes=3, preprocessor=None, activation="softmax")


def gpt2_causal_lm() -> keras.Model:
    return keras_hub.models.GPT2CausalLM(keras_hub.models.GPT2Backbone(**BERT), preprocessor=None)


def t5_backbone() -> keras.Model:
    return keras_hub.models.T5Backbone(**SIZES)


def bart_seq_2_seq_lm() -> keras.Model:
    backbone = keras_hub.models.BartBackbone(**BERT)
    return keras_hub.models.BartSeq2SeqLM(backbone, preprocessor=None)
