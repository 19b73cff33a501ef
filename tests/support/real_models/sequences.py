"""Sequences: translation, a transformer block with its mask, a forecast, audio and text."""

import keras
from keras import layers


def seq2seq() -> keras.Model:
    """Encoder and decoder LSTMs with teacher forcing: source and target have lengths of their own."""
    source = keras.Input((None, 7), name="encoder_inputs")
    target = keras.Input((None, 9), name="decoder_inputs")
    _, state_h, state_c = layers.LSTM(4, return_state=True)(source)
    decoded = layers.LSTM(4, return_sequences=True)(target, initial_state=[state_h, state_c])
    return keras.Model([source, target], layers.Dense(9, activation="softmax")(decoded))


def masked_attention() -> keras.Model:
    """Attention with a mask of query and key positions, which are the same axis."""
    tokens = keras.Input((None, 8), name="tokens")
    mask = keras.Input((None, None), dtype="bool", name="attention_mask")
    attended = layers.MultiHeadAttention(2, 4, name="attention")(tokens, tokens, attention_mask=mask)
    return keras.Model([tokens, mask], layers.LayerNormalization(name="normalized")(attended + tokens))


def frame_classifier() -> keras.Model:
    """A convolution for each frame of a clip, and a label for each clip."""
    clip = keras.Input((None, 8, 8, 3), name="clip")
    frames = layers.TimeDistributed(layers.Conv2D(2, 3, strides=2))(clip)
    features = layers.TimeDistributed(layers.GlobalAveragePooling2D())(frames)
    return keras.Model(clip, layers.Dense(5, name="action")(layers.GRU(4)(features)), name="video_classifier")


def forecast() -> keras.Model:
    """Several series of a fixed past, and the next steps of each."""
    return keras.Sequential(
        [
            keras.Input((24, 3), name="past"),
            layers.LSTM(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2, activation="relu")),
            layers.Flatten(),
            layers.Dense(6 * 3),
            layers.Reshape((6, 3), name="forecast"),
        ]
    )


def keyword_spotter() -> keras.Model:
    """Audio of any length, through strided convolutions."""
    audio = keras.Input((None, 1), name="waveform")
    hidden = layers.Conv1D(4, 16, strides=8, activation="relu")(audio)
    hidden = layers.Conv1D(4, 8, strides=4, activation="relu")(hidden)
    return keras.Model(audio, layers.Dense(3, name="keyword")(layers.GlobalMaxPooling1D()(hidden)))


def speech_to_text() -> keras.Model:
    """A CTC model: a distribution of characters for every second frame of a spectrogram."""
    spectrogram = keras.Input((None, 16), name="spectrogram")
    hidden = layers.Conv1D(4, 3, strides=2, padding="same")(spectrogram)
    hidden = layers.Bidirectional(layers.GRU(4, return_sequences=True))(hidden)
    return keras.Model(spectrogram, layers.Dense(11, activation="softmax")(hidden), name="DeepSpeech_2")


def review_sentiment() -> keras.Model:
    """Raw text, vectorized in the model."""
    vectorize = layers.TextVectorization(output_sequence_length=8, vocabulary=["good", "bad", "film"])
    text = keras.Input((1,), dtype="string", name="text")
    embedded = layers.Embedding(5, 4)(vectorize(text))
    pooled = layers.GlobalAveragePooling1D()(layers.Dropout(0.5)(embedded))
    return keras.Model(text, layers.Dense(1, activation="sigmoid", name="predictions")(pooled))
